package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/cut"
)

// MaxFeed is the largest feed that is read, bytes.
const MaxFeed = 32 << 20

const (
	maxEnvelope = 1 << 20 // of what is not items
	maxTag      = 8 << 10 // of a root's start tag
)

// Options are how a publisher departs from the standards. The zero Options are
// those of one in Vietnam.
type Options struct {
	Location *time.Location // of dates without a zone; nil: +07:00
}

// Decode reads with the zero Options.
func Decode(r io.Reader, sink formats.Sink[Item]) error {
	return Options{}.Decode(r, sink)
}

// Decode reads every item of the feed in r.
func (o Options) Decode(r io.Reader, sink formats.Sink[Item]) error {
	if o.Location == nil {
		o.Location = time.FixedZone("", 7*3600)
	}
	doc, err := io.ReadAll(io.LimitReader(r, MaxFeed+1))
	if err != nil {
		return fmt.Errorf("read feed: %w", err)
	}
	refuse := func(format string, args ...any) error {
		return sink.Refuse(formats.Reject(1, "", doc, format, args...))
	}
	if len(doc) > MaxFeed {
		return refuse("the feed is larger than 32 MiB")
	}
	doc = toUTF8(doc)
	var d *document
	switch trimmed := bytes.TrimLeft(doc, " \t\r\n"); {
	case len(trimmed) == 0:
		return refuse("it is empty")
	case trimmed[0] == '<':
		d, err = openXML(doc)
	case trimmed[0] == '{':
		d, err = openJSON(doc)
	default:
		err = errors.New("it is neither XML nor JSON")
	}
	if err != nil {
		return refuse("%v", err)
	}
	for {
		p, err := d.items.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read feed: %w", err)
		}
		item, path, err := o.read(d, p)
		if err != nil {
			err = sink.Refuse(formats.Reject(p.Line, path, p.Raw, "%v", err))
		} else {
			err = sink.Record(item)
		}
		if err != nil {
			return err
		}
	}
}

// toUTF8 drops a byte order mark and turns UTF-16 into UTF-8. Other encodings
// are gofeed's, by what the XML declares.
func toUTF8(doc []byte) []byte {
	if rest, ok := bytes.CutPrefix(doc, []byte("\uFEFF")); ok {
		return rest
	}
	if len(doc) < 2 || !(doc[0] == 0xFE && doc[1] == 0xFF || doc[0] == 0xFF && doc[1] == 0xFE) {
		return doc
	}
	high, low := 0, 1
	if doc[0] == 0xFF {
		high, low = 1, 0
	}
	units := make([]uint16, 0, len(doc)/2)
	for i := 2; i+1 < len(doc); i += 2 {
		units = append(units, uint16(doc[i+high])<<8|uint16(doc[i+low]))
	}
	return declaration.ReplaceAll([]byte(string(utf16.Decode(units))), nil)
}

var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*\?>`)

// document is a feed whose items are read one by one.
type document struct {
	items         interface{ Next() (cut.Piece, error) }
	feed          *gofeed.Feed // without items
	before, after string       // what makes a feed of an item
	encoded       bool         // in another encoding than UTF-8
	json          bool
}

// openXML finds what a feed of XML is and what it says of itself.
func openXML(doc []byte) (*document, error) {
	roots, err := startTags(doc)
	if err != nil {
		return nil, err
	}
	root := roots[0]
	d := &document{before: root.text, after: "</" + root.name + ">"}
	if decl := declaration.Find(doc); decl != nil {
		m := regexp.MustCompile(`encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`).FindSubmatch(decl)
		if m != nil && !strings.EqualFold(string(m[1]), "utf-8") && !strings.EqualFold(string(m[1]), "utf8") {
			d.encoded = true
			d.before = fmt.Sprintf("<?xml version=\"1.0\" encoding=%q?>", m[1]) + d.before
		}
	}
	name := "item"
	switch strings.ToLower(root.local) {
	case "feed":
		name = "entry"
	case "rss":
		if len(roots) < 2 || !strings.EqualFold(roots[1].local, "channel") {
			return nil, errors.New("an <rss> without a <channel>")
		}
		d.before += roots[1].text
		d.after = "</" + roots[1].name + ">" + d.after
	case "rdf":
	default:
		return nil, fmt.Errorf("its root is <%.100s>: it is no feed", root.local)
	}
	var envelope bytes.Buffer
	x := cut.NewXML(bytes.NewReader(doc), name)
	x.Rest(func(b []byte) { envelope.Write(b[:min(len(b), maxEnvelope-envelope.Len())]) })
	for err = nil; err == nil; _, err = x.Next() {
	}
	d.feed = parse(envelope.Bytes())
	if d.feed == nil { // cut off
		d.feed = parse([]byte(envelope.String() + d.after))
	}
	if d.feed == nil {
		d.feed = &gofeed.Feed{}
	}
	d.items = cut.NewXML(bytes.NewReader(doc), name)
	return d, nil
}

// tag is a start tag as it is written.
type tag struct{ name, local, text string }

// startTags are the document's first two.
func startTags(doc []byte) ([]tag, error) {
	x := xml.NewDecoder(bytes.NewReader(doc))
	x.Strict = false
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var tags []tag
	for len(tags) < 2 {
		from := x.InputOffset()
		t, err := x.RawToken()
		if err != nil {
			break
		}
		if start, ok := t.(xml.StartElement); ok {
			text := string(doc[from:x.InputOffset()])
			if len(text) > maxTag {
				return nil, fmt.Errorf("the tag of <%.100s> is longer than 8 KiB", start.Name.Local)
			}
			text = strings.TrimSuffix(text, "/>")
			if !strings.HasSuffix(text, ">") {
				text += ">"
			}
			name := start.Name.Local
			if start.Name.Space != "" {
				name = start.Name.Space + ":" + name
			}
			tags = append(tags, tag{name: name, local: start.Name.Local, text: text})
		}
	}
	if len(tags) == 0 {
		return nil, errors.New("it is no XML: there is no element")
	}
	return tags, nil
}

func openJSON(doc []byte) (*document, error) {
	if !utf8.Valid(doc) {
		doc = bytes.ToValidUTF8(doc, []byte("\xff")) // items are looked at one by one
	}
	d := &document{json: true, before: `{"version":"https://jsonfeed.org/version/1.1","title":"","items":[`, after: `]}`}
	var envelope bytes.Buffer
	j := cut.NewJSON(bytes.NewReader(doc), []string{"items"}, nil)
	j.Rest(func(b []byte) { envelope.Write(b[:min(len(b), maxEnvelope-envelope.Len())]) })
	p, err := j.Next()
	if err == nil && p.Name != "items" || err == io.EOF && envelope.Len() == 0 {
		return nil, errors.New("an object without items: it is no JSON Feed")
	}
	for ; err == nil; _, err = j.Next() {
	}
	var head struct{ Version string }
	text := envelope.Bytes()
	if err := json.Unmarshal(text, &head); err != nil { // cut off
		text = append(text, "]}"...)
		_ = json.Unmarshal(text, &head)
	}
	if head.Version != "" && !strings.Contains(head.Version, "jsonfeed.org/version/") {
		return nil, fmt.Errorf("its version is %.100q: it is no JSON Feed", head.Version)
	}
	if d.feed = parse(text); d.feed == nil {
		d.feed = &gofeed.Feed{FeedType: "json"}
	}
	d.items = cut.NewJSON(bytes.NewReader(doc), []string{"items"}, nil)
	return d, nil
}

// parse is gofeed's reading of a small document; nil when it can't.
func parse(doc []byte) *gofeed.Feed {
	if len(doc) > 0 && doc[0] != '{' && cut.Shallow(doc) != nil {
		return nil
	}
	f, err := newParser().Parse(bytes.NewReader(doc))
	if err != nil {
		return nil
	}
	return f
}

func newParser() *gofeed.Parser {
	p := gofeed.NewParser()
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	p.KeepOriginalFeed = true
	return p
}

// read turns a piece into an item, or says where and why it can't.
func (o Options) read(d *document, p cut.Piece) (Item, string, error) {
	switch {
	case p.Fault != "":
		return Item{}, "", errors.New(p.Fault)
	case !d.encoded && !utf8.Valid(p.Raw):
		return Item{}, "", errors.New("it is not UTF-8")
	case d.json && p.Raw[0] != '{':
		return Item{}, "", errors.New("it is not an object")
	case !d.json:
		if err := cut.Shallow(p.Raw); err != nil {
			return Item{}, "", err
		}
	}
	f, err := newParser().Parse(io.MultiReader(strings.NewReader(d.before), bytes.NewReader(p.Raw), strings.NewReader(d.after)))
	if err != nil {
		return Item{}, "", fmt.Errorf("it can't be parsed: %w", err)
	}
	if len(f.Items) != 1 || f.Items[0] == nil {
		return Item{}, "", errors.New("it is not an item of this kind of feed")
	}
	t := translator{feed: d.feed, own: f, in: f.Items[0], location: o.Location}
	item, path, err := t.item()
	if d.json && err == nil {
		item.Extensions = extensions(p.Raw)
	}
	return item, path, err
}

// extensions are the members of an object that begin with an underscore.
func extensions(raw []byte) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return !strings.HasPrefix(name, "_") })
	if len(all) == 0 {
		return nil
	}
	return all
}
