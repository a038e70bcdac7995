package feed

import (
	"encoding/json"
	"time"
)

// Item is one article of a feed.
type Item struct {
	GUID       string     `json:"guid,omitempty"` // RSS guid, Atom and JSON Feed id
	Link       string     `json:"link,omitempty"` // as written: relative to the feed's address
	Title      string     `json:"title,omitempty"`
	Summary    string     `json:"summary,omitempty"` // plain text; the beginning of the content where there is no summary
	Author     string     `json:"author,omitempty"`  // names, separated by commas; the feed's where Atom and JSON Feed say so
	Published  *time.Time `json:"published,omitempty"`
	Updated    *time.Time `json:"updated,omitempty"`
	Categories []string   `json:"categories,omitempty"`
	Point      *Point     `json:"point,omitempty"`
	Media      []Media    `json:"media,omitempty"`
	Language   string     `json:"language,omitempty"` // the item's, else the feed's
	FeedTitle  string     `json:"feedTitle,omitempty"`
	// Extensions are what a JSON Feed's item says beyond the standard: its members
	// that begin with an underscore, as they came.
	Extensions map[string]json.RawMessage `json:"extensions,omitempty"`
	Notes      []string                   `json:"notes,omitempty"` // what was unusual and how it was read
}

// Identity is what tells the item from others of its feed: the guid, else the
// link.
func (i Item) Identity() string {
	if i.GUID != "" {
		return i.GUID
	}
	return i.Link
}

// Point is a place, WGS 84, degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Media is a picture, sound or film of an item: an enclosure, Media RSS, or a
// JSON Feed's image or attachment.
type Media struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`   // media type
	Medium string `json:"medium,omitempty"` // image, audio, video, thumbnail …
}
