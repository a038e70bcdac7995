package systems

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/ingest"
	"geohub/ingest/formats/feed"
	"geohub/layer"
)

// An article's own words come from its outlet's feed, what the administration
// makes of it from that of the press monitoring, which may name the article as
// well. Where it lies is found in its text until the monitoring says it.
var (
	articleMonitoring = ingest.NewPart(Articles, "monitoring", "geometry", "placeNames", "sentiment", "sentimentScore", "reach",
		"handlingStatus", "assignedAgencyCode", "handlingDueAt")
	articleText = ingest.Rest(Articles, "text", articleMonitoring)
)

// articleExtension is the member _hue of an item of JSON Feed: what the
// province's press monitoring says, an extension of its own.
type articleExtension struct {
	Outlet    string   `json:"outlet"`
	Sentiment string   `json:"sentiment"` // POS, NEU, NEG
	Score     *float64 `json:"sentiment_score"`
	Reach     *int     `json:"reach"`
	Handling  string   `json:"handling"` // PHAT_HIEN …
	Agency    string   `json:"agency"`   // by QĐ 20/2020
	Due       *time.Time
	Places    []struct {
		Name    string
		Lat     *float64
		Lon     *float64
		RadiusM *float64 `json:"radius_m"`
	}
}

// The monitoring's own codes, which stand in no standard.
var (
	articleMoods = map[string]Sentiment{"POS": "POSITIVE", "NEU": "NEUTRAL", "NEG": "NEGATIVE"}
	articleSteps = map[string]HandlingStatus{
		"PHAT_HIEN": "DETECTED", "PHAN_LOAI": "CLASSIFIED", "CHUYEN_XU_LY": "FORWARDED", "DANG_XAC_MINH": "VERIFYING", "DA_PHAN_HOI": "ANSWERED",
		"DONG": "CLOSED", "KHONG_LIEN_QUAN": "NOT_RELEVANT",
	}
)

// articleOfFeed makes an article of an item. An item that was known under
// another guid, which some publishers give anew, is known by its address.
var articleOfFeed = ingest.Map("feed", 1, func(in *ingest.Intake, item feed.Item) error {
	ahead := time.Duration(in.Source.ClockAhead)
	published, changed := before(item.Published, ahead), before(item.Updated, ahead)
	if published == nil {
		published = changed
	}
	if changed == nil {
		changed = published
	}
	link := canonical(in.Source.Address, item.Link)
	id, by, err := known(in, "article:"+item.Identity(), link)
	if err != nil {
		return err
	}
	guid := strings.TrimPrefix(id, "article:")
	row := &Article{
		Base: layer.Base{ID: id, LabelVI: item.Title, RecordKey: item.Identity(), ObservedAt: published, VersionAt: changed},
		Guid: &guid, CanonicalUrl: said(link), Outlet: said(item.FeedTitle), Headline: said(item.Title), Summary: said(item.Summary), Author: said(item.Author),
		PublishedAt: published, Language: said(strings.ToLower(item.Language)), Topics: append([]string{}, item.Categories...), PlaceNames: []string{},
		HandlingStatus: new(HandlingStatus("DETECTED")),
	}
	if strings.HasPrefix(strings.ToLower(item.Language), "en") {
		row.LabelEN = item.Title
	}
	raw, monitored := item.Extensions["_hue"]
	var ext articleExtension
	if monitored {
		if err := json.Unmarshal(raw, &ext); err != nil {
			return err
		}
		row.Outlet = said(firstOf(ext.Outlet, item.FeedTitle))
	}
	if err := row.place(in, item, ext, monitored); err != nil {
		return err
	}
	if !monitored || by == "" || by == in.Source.Name {
		ingest.Put(in, articleText, row)
	}
	if monitored {
		judged := *row
		judged.Sentiment, judged.SentimentScore, judged.Reach = coded(articleMoods, ext.Sentiment), ext.Score, ext.Reach
		if step := coded(articleSteps, ext.Handling); step != nil {
			judged.HandlingStatus = step
		}
		if agencyCode.MatchString(ext.Agency) {
			judged.AssignedAgencyCode = &ext.Agency
		}
		judged.HandlingDueAt = before(ext.Due, ahead)
		ingest.Put(in, articleMonitoring, &judged)
	}
	return nil
})

// known is the id of an article and the source it came by; that is empty when
// it is new.
func known(in *ingest.Intake, id, link string) (string, string, error) {
	found, source, err := in.Known(Articles.System, "id", id)
	if err != nil || found != "" {
		return firstOf(found, id), source, err
	}
	if row := ingest.Written(in, articleText, func(a *Article) bool {
		return a.ID == id || link != "" && a.CanonicalUrl != nil && *a.CanonicalUrl == link
	}); row != nil {
		return row.ID, row.Source, nil
	}
	found, source, err = in.Known(Articles.System, "canonicalUrl", link)
	return firstOf(found, id), source, err
}

// place says where the article lies: where the monitoring or GeoRSS has it,
// else where the first place lies that its text names.
func (row *Article) place(in *ingest.Intake, item feed.Item, ext articleExtension, monitored bool) error {
	if monitored {
		for _, p := range ext.Places {
			if p.Name != "" {
				row.PlaceNames = append(row.PlaceNames, p.Name)
			}
			if row.Geom == nil && p.Lat != nil && p.Lon != nil {
				row.Geom, row.PositionAccuracyM = orb.Point{*p.Lon, *p.Lat}, p.RadiusM
			}
		}
		return nil
	}
	found, err := in.Places(item.Title + ".\n" + item.Summary)
	if err != nil {
		return err
	}
	for _, p := range found {
		if !slices.Contains(row.PlaceNames, p.Name) {
			row.PlaceNames = append(row.PlaceNames, p.Name)
		}
	}
	switch {
	case item.Point != nil:
		row.Geom = orb.Point{item.Point.Lon, item.Point.Lat}
	case len(found) > 0:
		row.Geom, row.PositionAccuracyM = found[0].At, &found[0].AccuracyM
	}
	return nil
}

// canonical is an address without what only tracks readers, absolute; "" when
// it is none.
func canonical(base, link string) string {
	b, err := url.Parse(base)
	if err != nil || link == "" {
		return link
	}
	u, err := b.Parse(link)
	if err != nil {
		return link
	}
	u.Fragment, u.Host = "", strings.ToLower(u.Host)
	if u.RawQuery != "" {
		kept := strings.Split(u.RawQuery, "&")
		kept = slices.DeleteFunc(kept, func(pair string) bool {
			name, _, _ := strings.Cut(strings.ToLower(pair), "=")
			return strings.HasPrefix(name, "utm_") || trackers[name]
		})
		u.RawQuery = strings.Join(kept, "&")
	}
	return u.String()
}

// trackers are parameters that say where a reader came from.
var trackers = map[string]bool{"fbclid": true, "gclid": true, "zarsrc": true, "mc_cid": true, "mc_eid": true, "igshid": true, "ref": true, "ref_src": true}
