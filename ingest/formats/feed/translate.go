package feed

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	jsonfeed "github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"
)

const (
	maxSummary = 500 // runes of a summary that is made of the content
	maxMedia   = 20
)

// translator turns gofeed's item into ours.
type translator struct {
	feed     *gofeed.Feed // the whole, without items
	own      *gofeed.Feed // of this item alone
	in       *gofeed.Item
	out      Item
	location *time.Location
}

func (t *translator) note(format string, args ...any) {
	t.out.Notes = append(t.out.Notes, fmt.Sprintf(format, args...))
}

// item is the item, or the place and the reason of a refusal.
func (t *translator) item() (Item, string, error) {
	isJSON := t.own.FeedType == "json"
	text := plain
	if isJSON {
		text = line // JSON Feed has HTML in content_html only
	}
	t.out = Item{
		GUID:       strings.TrimSpace(t.in.GUID),
		Link:       t.link(),
		Title:      text(t.in.Title),
		Summary:    text(t.in.Description),
		Author:     t.author(),
		Categories: t.categories(),
		Language:   t.language(),
		FeedTitle:  text(t.feed.Title),
	}
	if t.out.Summary == "" {
		content := plain
		if o, ok := t.own.OriginalFeed().(*jsonfeed.Feed); ok && len(o.Items) > 0 && o.Items[0].ContentHTML == "" {
			content = line
		}
		t.out.Summary = clip(content(t.in.Content), maxSummary)
	}
	if t.out.Identity() == "" {
		return Item{}, "", fmt.Errorf("neither guid nor link: nothing tells it from others (title %q)", clip(t.out.Title, 80))
	}
	published, updated := t.in.Published, t.in.Updated
	switch o := t.own.OriginalFeed().(type) {
	case *atom.Feed:
		if len(o.Entries) == 1 {
			published = o.Entries[0].Published
		}
	case *rss.Feed:
		if updated == published { // both are dc:date
			updated = ""
		}
	}
	for _, date := range []struct {
		path, text string
		to         **time.Time
	}{{"published", published, &t.out.Published}, {"updated", updated, &t.out.Updated}} {
		if strings.TrimSpace(date.text) == "" {
			continue
		}
		at, note, ok := parseDate(date.text, t.location)
		if !ok {
			return Item{}, date.path, fmt.Errorf("%q is no date that can be read", clip(date.text, 80))
		}
		if note != "" {
			t.note("%s: %s", date.path, note)
		}
		*date.to = &at
	}
	t.out.Point = t.point()
	t.out.Media = t.media()
	return t.out, "", nil
}

func (t *translator) link() string {
	if link := strings.TrimSpace(t.in.Link); link != "" {
		return link
	}
	permanent := true
	switch o := t.own.OriginalFeed().(type) {
	case *rss.Feed:
		permanent = len(o.Items) == 1 && o.Items[0].GUID != nil && strings.EqualFold(o.Items[0].GUID.IsPermalink, "true")
	case *jsonfeed.Feed:
		if len(o.Items) == 1 && o.Items[0].ExternalURL != "" {
			return strings.TrimSpace(o.Items[0].ExternalURL)
		}
	}
	guid := strings.TrimSpace(t.in.GUID)
	if u, err := url.Parse(guid); permanent && err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return guid
	}
	return ""
}

func (t *translator) author() string {
	people := t.in.Authors
	if len(people) == 0 && t.own.FeedType != "rss" { // RSS names an editor for the whole, who wrote nothing
		people = t.feed.Authors
	}
	var names []string
	for _, p := range people {
		if p == nil {
			continue
		}
		name := plain(p.Name)
		if name == "" {
			name = strings.TrimSpace(p.Email)
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (t *translator) categories() []string {
	var all []string
	for _, c := range t.in.Categories {
		if c = plain(c); c != "" && !slices.Contains(all, c) && len(all) < 100 {
			all = append(all, c)
		}
	}
	return all
}

func (t *translator) language() string {
	if dc := t.in.DublinCoreExt; dc != nil && len(dc.Language) > 0 && dc.Language[0] != "" {
		return strings.TrimSpace(dc.Language[0])
	}
	if o, ok := t.own.OriginalFeed().(*jsonfeed.Feed); ok && len(o.Items) == 1 && o.Items[0].Language != "" {
		return o.Items[0].Language
	}
	return strings.TrimSpace(t.feed.Language)
}

// The country with its sea: a point outside that would be inside the other way
// round is swapped.
func isHere(lat, lon float64) bool {
	return lat >= 8 && lat <= 24 && lon >= 102 && lon <= 118
}

// point is GeoRSS simple, GeoRSS GML or W3C's basic geo, in that order.
func (t *translator) point() *Point {
	text := ""
	e := t.in.Extensions
	switch {
	case len(e["georss"]["point"]) > 0:
		text = e["georss"]["point"][0].Value
	case len(e["georss"]["where"]) > 0:
		if p := child(e["georss"]["where"][0], "Point"); p != nil {
			if pos := child(*p, "pos"); pos != nil {
				text = pos.Value
			}
		}
	case len(e["geo"]["lat"]) > 0 && len(e["geo"]["long"]) > 0:
		text = e["geo"]["lat"][0].Value + " " + e["geo"]["long"][0].Value
	case len(e["geo"]["Point"]) > 0:
		lat, long := child(e["geo"]["Point"][0], "lat"), child(e["geo"]["Point"][0], "long")
		if lat != nil && long != nil {
			text = lat.Value + " " + long.Value
		}
	}
	if text == "" {
		return nil
	}
	part := strings.Fields(strings.Replace(text, ",", " ", 1))
	if len(part) != 2 {
		t.note("point: %q is not \"lat lon\" and was left out", clip(text, 80))
		return nil
	}
	lat, ok1 := degrees(part[0])
	lon, ok2 := degrees(part[1])
	switch {
	case !ok1 || !ok2:
		t.note("point: %q is not \"lat lon\" and was left out", clip(text, 80))
	case (lat < -90 || lat > 90) && lon >= -90 && lon <= 90 && lat >= -180 && lat <= 180, !isHere(lat, lon) && isHere(lon, lat):
		t.note("point: lat and lon of %q are swapped, it was left out", clip(text, 80))
	case lat < -90 || lat > 90 || lon < -180 || lon > 180:
		t.note("point: %q lies nowhere and was left out", clip(text, 80))
	case lat == 0 && lon == 0:
		t.note("point: 0 0 is taken for unknown")
	default:
		return &Point{Lat: lat, Lon: lon}
	}
	return nil
}

func child(e ext.Extension, name string) *ext.Extension {
	if all := e.Children[name]; len(all) > 0 {
		return &all[0]
	}
	return nil
}

func degrees(text string) (float64, bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func (t *translator) media() []Media {
	var all []Media
	add := func(m Media) {
		m.URL = strings.TrimSpace(m.URL)
		has := func(o Media) bool { return o.URL == m.URL }
		if m.URL != "" && len(all) < maxMedia && !slices.ContainsFunc(all, has) {
			all = append(all, m)
		}
	}
	for _, e := range t.in.Enclosures {
		add(Media{URL: e.URL, Type: e.Type})
	}
	var walk func(byName map[string][]ext.Extension)
	walk = func(byName map[string][]ext.Extension) {
		for _, c := range byName["content"] {
			add(Media{URL: c.Attrs["url"], Type: c.Attrs["type"], Medium: c.Attrs["medium"]})
			walk(c.Children)
		}
		for _, g := range byName["group"] {
			walk(g.Children)
		}
		for _, c := range byName["thumbnail"] {
			add(Media{URL: c.Attrs["url"], Medium: "thumbnail"})
		}
	}
	walk(t.in.Extensions["media"])
	if t.in.Image != nil {
		add(Media{URL: t.in.Image.URL, Medium: "image"})
	}
	return all
}
