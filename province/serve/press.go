package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"geohub/province"
	"geohub/systems"
)

// pressService is the press: the monitoring's JSON Feed of all articles, with
// what the administration makes of them in its extension, and the own feeds of
// two outlets, one of RSS with GeoRSS, one of Atom without places.
func pressService() service {
	return service{name: "press", handler: func(s *Server) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /monitoring.json", func(w http.ResponseWriter, r *http.Request) { pressMonitoring(s, w, r) })
		mux.HandleFunc("GET /huonggiang/rss.xml", func(w http.ResponseWriter, r *http.Request) { pressRSS(s, w, r) })
		mux.HandleFunc("GET /huongriverpost/atom.xml", func(w http.ResponseWriter, r *http.Request) { pressAtom(s, w, r) })
		return mux
	}, sources: `
  - name: press
    format: feed
    address: {{.HTTP}}/monitoring.json
    every: 60s
    due: 2h
  - name: press-huonggiang
    format: feed
    address: {{.HTTP}}/huonggiang/rss.xml
    every: 60s
    due: 24h
  - name: press-huongriverpost
    format: feed
    address: {{.HTTP}}/huongriverpost/atom.xml
    every: 60s
    due: 48h
`}
}

// The outlets with a feed of their own, and how many items it holds.
const (
	rssOutlet   = "Nhật báo Hương Giang"
	atomOutlet  = "The Huong River Post"
	outletItems = 40
)

func articleRows(s *Server) []*systems.Article {
	return rows(s, "articles", func(p *province.Province) []*systems.Article {
		all := p.Articles()
		slices.Reverse(all) // newest first
		return all
	})
}

func outletRows(s *Server, outlet string) []*systems.Article {
	var own []*systems.Article
	for _, row := range articleRows(s) {
		if *row.Outlet == outlet && len(own) < outletItems {
			own = append(own, row)
		}
	}
	return own
}

// The monitoring's own codes.
var (
	pressMoods = map[systems.Sentiment]string{"POSITIVE": "POS", "NEUTRAL": "NEU", "NEGATIVE": "NEG"}
	pressSteps = map[systems.HandlingStatus]string{
		"DETECTED": "PHAT_HIEN", "CLASSIFIED": "PHAN_LOAI", "FORWARDED": "CHUYEN_XU_LY", "VERIFYING": "DANG_XAC_MINH", "ANSWERED": "DA_PHAN_HOI",
		"CLOSED": "DONG", "NOT_RELEVANT": "KHONG_LIEN_QUAN",
	}
)

// jsonItem is an item of JSON Feed 1.1 with the monitoring's extension.
type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	Content   string       `json:"content_text"`
	Summary   string       `json:"summary"`
	Published string       `json:"date_published"`
	Modified  string       `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags"`
	Language  string       `json:"language"`
	Hue       jsonHue      `json:"_hue"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonHue struct {
	About     string      `json:"about"`
	Outlet    string      `json:"outlet"`
	Sentiment string      `json:"sentiment"`
	Score     *float64    `json:"sentiment_score"`
	Reach     *int        `json:"reach"`
	Handling  string      `json:"handling"`
	Agency    *string     `json:"agency,omitempty"`
	Due       *time.Time  `json:"due,omitempty"`
	Places    []jsonPlace `json:"places"`
}

type jsonPlace struct {
	Name   string   `json:"name"`
	Lat    float64  `json:"lat"`
	Lon    float64  `json:"lon"`
	Radius *float64 `json:"radius_m,omitempty"`
}

func pressMonitoring(s *Server, w http.ResponseWriter, r *http.Request) {
	items := []jsonItem{}
	for _, row := range articleRows(s) {
		item := jsonItem{
			ID: *row.Guid, URL: *row.CanonicalUrl, Title: row.LabelVI, Content: *row.Summary, Summary: *row.Summary,
			Published: row.PublishedAt.Format(time.RFC3339), Modified: row.VersionAt.Format(time.RFC3339), Tags: row.Topics, Language: *row.Language,
			Hue: jsonHue{
				About: "https://giamsatbaochi.hue.example/json-feed", Outlet: *row.Outlet, Sentiment: pressMoods[*row.Sentiment], Score: row.SentimentScore,
				Reach: row.Reach, Handling: pressSteps[*row.HandlingStatus], Agency: row.AssignedAgencyCode, Due: row.HandlingDueAt, Places: []jsonPlace{},
			},
		}
		if row.Author != nil {
			item.Authors = []jsonAuthor{{*row.Author}}
		}
		if at, ok := pointOf(row.Geom); ok {
			item.Hue.Places = []jsonPlace{{row.PlaceNames[0], at[1], at[0], row.PositionAccuracyM}}
		}
		items = append(items, item)
	}
	body, err := json.Marshal(map[string]any{
		"version": "https://jsonfeed.org/version/1.1", "title": "Giám sát thông tin báo chí thành phố Huế", "language": "vi",
		"feed_url": "http://" + r.Host + "/press/monitoring.json", "items": items,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeOnce(w, r, "application/feed+json", body)
}

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	Description string   `xml:"description"`
	Creator     string   `xml:"dc:creator,omitempty"`
	Categories  []string `xml:"category"`
	GUID        struct {
		Permanent bool   `xml:"isPermaLink,attr"`
		Text      string `xml:",chardata"`
	} `xml:"guid"`
	Published string `xml:"pubDate"`
	Point     string `xml:"georss:point,omitempty"`
}

// pressRSS is an outlet's RSS 2.0. Its links carry what tracks readers.
func pressRSS(s *Server, w http.ResponseWriter, r *http.Request) {
	feed := struct {
		XMLName  struct{}  `xml:"rss"`
		Version  string    `xml:"version,attr"`
		GeoRSS   string    `xml:"xmlns:georss,attr"`
		DC       string    `xml:"xmlns:dc,attr"`
		Title    string    `xml:"channel>title"`
		Link     string    `xml:"channel>link"`
		About    string    `xml:"channel>description"`
		Language string    `xml:"channel>language"`
		Items    []rssItem `xml:"channel>item"`
	}{Version: "2.0", GeoRSS: "http://www.georss.org/georss", DC: "http://purl.org/dc/elements/1.1/", Title: rssOutlet,
		Link: "https://www.huonggiang.example/", About: "Tin mới nhất", Language: "vi"}
	for _, row := range outletRows(s, rssOutlet) {
		item := rssItem{
			Title: row.LabelVI, Link: *row.CanonicalUrl + "?utm_source=rss&utm_medium=feed", Description: "<p>" + *row.Summary + "</p>", Categories: row.Topics,
			Published: row.PublishedAt.Format(time.RFC1123Z),
		}
		item.GUID.Text = *row.Guid
		if row.Author != nil {
			item.Creator = *row.Author
		}
		if at, ok := pointOf(row.Geom); ok {
			item.Point = fmt.Sprint(at[1], " ", at[0])
		}
		feed.Items = append(feed.Items, item)
	}
	writeXML(w, r, "application/rss+xml", feed)
}

type atomArticle struct {
	ID         string   `xml:"id"`
	Title      string   `xml:"title"`
	Published  string   `xml:"published"`
	Updated    string   `xml:"updated"`
	Author     string   `xml:"author>name,omitempty"`
	Link       atomLink `xml:"link"`
	Summary    string   `xml:"summary"`
	Categories []struct {
		Term string `xml:"term,attr"`
	} `xml:"category"`
}

// pressAtom is an outlet's Atom.
func pressAtom(s *Server, w http.ResponseWriter, r *http.Request) {
	feed := struct {
		XMLName struct{}      `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string        `xml:"xml:lang,attr"`
		ID      string        `xml:"id"`
		Title   string        `xml:"title"`
		Updated string        `xml:"updated"`
		Entries []atomArticle `xml:"entry"`
	}{Lang: "en", ID: "https://www.huongriverpost.example/", Title: atomOutlet}
	for _, row := range outletRows(s, atomOutlet) {
		at := row.PublishedAt.Format(time.RFC3339)
		entry := atomArticle{ID: *row.Guid, Title: row.LabelVI, Published: at, Updated: at, Summary: *row.Summary}
		entry.Link.Href = *row.CanonicalUrl
		if row.Author != nil {
			entry.Author = *row.Author
		}
		for _, topic := range row.Topics {
			entry.Categories = append(entry.Categories, struct {
				Term string `xml:"term,attr"`
			}{topic})
		}
		feed.Updated = max(feed.Updated, at)
		feed.Entries = append(feed.Entries, entry)
	}
	writeXML(w, r, "application/atom+xml", feed)
}
