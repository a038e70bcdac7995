package cap

import (
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/cut"
)

// MediaType is the type of a CAP message.
const MediaType = "application/cap+xml"

// Link is a message that a feed names.
type Link struct {
	URL     string    `json:"url"`          // as written: relative to the feed's address
	ID      string    `json:"id,omitempty"` // the entry's
	Title   string    `json:"title,omitempty"`
	Updated time.Time `json:"updated,omitzero"` // the entry's, zero when it has none
}

// maxLinks bounds what one feed may name.
const maxLinks = 100_000

// Links are the messages that the entries of an Atom or RSS feed link: links of
// type application/cap+xml, enclosures of that type, and for RSS items without
// either their <link> when it ends in .cap or .xml. Entries without one are
// passed over; those that can't be read, or whose time can't, are refused.
func Links(feed io.Reader) (links []Link, refused []formats.Refusal, err error) {
	x := cut.NewXML(feed, "entry", "item")
	for len(links) < maxLinks && len(refused) < maxLinks {
		p, err := x.Next()
		if err == io.EOF {
			return links, refused, nil
		}
		if err != nil {
			return links, refused, fmt.Errorf("read feed: %w", err)
		}
		if p.Fault == "" {
			var node *cut.Node
			if node, err = cut.Tree(p.Raw); err == nil {
				var found []Link
				if found, err = linksOf(node); err == nil {
					links = append(links, found...)
				}
			}
		} else {
			err = fmt.Errorf("%s", p.Fault)
		}
		if err != nil {
			refused = append(refused, formats.Reject(p.Line, "", p.Raw, "%v", err))
		}
	}
	return links, append(refused, formats.Reject(0, "", nil, "more than %d entries", maxLinks)), nil
}

func linksOf(n *cut.Node) ([]Link, error) {
	var common Link
	var urls []string
	plain := ""
	for _, k := range n.Kids {
		switch k.Name {
		case "id", "guid":
			common.ID = k.Text()
		case "title":
			common.Title = k.Text()
		case "link":
			href := attr(k, "href")
			switch {
			case href != "" && isCAP(attr(k, "type")):
				urls = append(urls, href)
			case href == "":
				plain = k.Text()
			}
		case "enclosure":
			if isCAP(attr(k, "type")) {
				urls = append(urls, attr(k, "url"))
			}
		case "content":
			if src := attr(k, "src"); src != "" && isCAP(attr(k, "type")) {
				urls = append(urls, src)
			}
		}
	}
	if ext := strings.ToLower(path.Ext(plain)); len(urls) == 0 && (ext == ".cap" || ext == ".xml") {
		urls = append(urls, plain)
	}
	if len(urls) == 0 {
		return nil, nil
	}
	for _, name := range []string{"updated", "published", "pubDate", "date"} {
		k := n.Kid(name)
		if k == nil || k.Text() == "" {
			continue
		}
		t, err := feedTime(k.Text())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		common.Updated = t
		break
	}
	links := make([]Link, 0, len(urls))
	for _, u := range urls {
		l := common
		l.URL = u
		links = append(links, l)
	}
	return links, nil
}

func attr(n *cut.Node, name string) string {
	for _, a := range n.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func isCAP(mediaType string) bool {
	t, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	return strings.TrimSpace(t) == MediaType
}

func feedTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, zone := range []string{" GMT", " UTC", " UT", " Z"} {
		if s, ok := strings.CutSuffix(text, zone); ok {
			return feedTime(s + " +0000")
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time with an offset", clip(text))
}
