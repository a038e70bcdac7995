package serve

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/province"
	"geohub/systems"
)

// alertsService is the warnings: an Atom feed, newest first, whose entries link
// messages of CAP 1.2.
func alertsService() service {
	return service{name: "alerts", handler: func(s *Server) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /feed.atom", func(w http.ResponseWriter, r *http.Request) { alertsFeed(s, w, r) })
		mux.HandleFunc("GET /cap/{file}", func(w http.ResponseWriter, r *http.Request) { alertMessage(s, w, r) })
		return mux
	}, sources: `
  - name: cap-feed
    format: cap
    address: {{.HTTP}}/feed.atom
    every: 30s
    due: 10m
`}
}

// alertsPerPage is how many entries a page of the feed has (RFC 5005).
const alertsPerPage = 100

func alertRows(s *Server) []*systems.Alert {
	return rows(s, "alerts", func(p *province.Province) []*systems.Alert {
		all := p.Alerts()
		slices.SortStableFunc(all, func(a, b *systems.Alert) int { return b.SentAt.Compare(*a.SentAt) })
		return all
	})
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string     `xml:"id"`
	Title   string     `xml:"title"`
	Updated string     `xml:"updated"`
	Author  string     `xml:"author>name,omitempty"`
	Links   []atomLink `xml:"link"`
	Summary string     `xml:"summary,omitempty"`
}

func alertsFeed(s *Server, w http.ResponseWriter, r *http.Request) {
	all := alertRows(s)
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	base := "http://" + r.Host + "/alerts"
	feed := struct {
		XMLName struct{}    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}{Lang: "vi", ID: "urn:vn:hue:canh-bao", Title: "Cảnh báo của thành phố Huế", Links: []atomLink{{Rel: "self", Href: base + "/feed.atom"}}}
	first := min((page-1)*alertsPerPage, len(all))
	last := min(first+alertsPerPage, len(all))
	for _, row := range all[first:last] {
		feed.Entries = append(feed.Entries, atomEntry{
			ID: "urn:cap:" + *row.Identifier, Title: row.LabelVI, Updated: row.SentAt.Format(time.RFC3339), Author: *row.SenderName, Summary: *row.Description,
			Links: []atomLink{{Rel: "alternate", Type: "application/cap+xml", Href: "cap/" + url.PathEscape(*row.Identifier) + ".xml"}},
		})
	}
	if len(all) > 0 {
		feed.Updated = all[0].SentAt.Format(time.RFC3339)
	}
	if last < len(all) {
		feed.Links = append(feed.Links, atomLink{Rel: "next", Href: fmt.Sprintf("%s/feed.atom?page=%d", base, page+1)})
	}
	writeXML(w, r, "application/atom+xml", feed)
}

// writeXML answers with a document, unless the client has it.
func writeXML(w http.ResponseWriter, r *http.Request, contentType string, v any) {
	body, err := xml.MarshalIndent(v, "", " ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeOnce(w, r, contentType+"; charset=utf-8", append([]byte(xml.Header), body...))
}

// writeOnce answers with a body under its ETag, or with 304 to who has it.
func writeOnce(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	tag := fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(body))[:24])
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Write(body)
}

type capValue struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

type capArea struct {
	Desc     string     `xml:"areaDesc"`
	Polygons []string   `xml:"polygon"`
	Geocodes []capValue `xml:"geocode"`
}

type capInfo struct {
	Language     string     `xml:"language"`
	Category     []string   `xml:"category"`
	Event        string     `xml:"event"`
	ResponseType []string   `xml:"responseType"`
	Urgency      string     `xml:"urgency"`
	Severity     string     `xml:"severity"`
	Certainty    string     `xml:"certainty"`
	Audience     string     `xml:"audience,omitempty"`
	Effective    string     `xml:"effective,omitempty"`
	Onset        string     `xml:"onset,omitempty"`
	Expires      string     `xml:"expires,omitempty"`
	SenderName   string     `xml:"senderName,omitempty"`
	Headline     string     `xml:"headline,omitempty"`
	Description  string     `xml:"description,omitempty"`
	Instruction  string     `xml:"instruction,omitempty"`
	Web          string     `xml:"web,omitempty"`
	Contact      string     `xml:"contact,omitempty"`
	Parameter    []capValue `xml:"parameter"`
	Area         []capArea  `xml:"area"`
}

type capAlert struct {
	XMLName     struct{}  `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string    `xml:"identifier"`
	Sender      string    `xml:"sender"`
	Sent        string    `xml:"sent"`
	Status      string    `xml:"status"`
	MsgType     string    `xml:"msgType"`
	Scope       string    `xml:"scope"`
	Restriction string    `xml:"restriction,omitempty"`
	References  string    `xml:"references,omitempty"`
	Info        []capInfo `xml:"info"`
}

func alertMessage(s *Server, w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("file"), ".xml")
	all := alertRows(s)
	i := slices.IndexFunc(all, func(row *systems.Alert) bool { return *row.Identifier == id })
	if !ok || i < 0 {
		http.NotFound(w, r)
		return
	}
	writeXML(w, r, "application/cap+xml", messageOf(all[i], all))
}

// messageOf is an alert as CAP: one info in Vietnamese, one in English.
func messageOf(row *systems.Alert, all []*systems.Alert) capAlert {
	a := capAlert{
		Identifier: *row.Identifier, Sender: *row.Sender, Sent: capTime(row.SentAt), Status: capWord(*row.AlertStatus), MsgType: capWord(*row.MsgType),
		Scope: capWord(*row.Scope),
	}
	if a.Scope == "Restricted" {
		a.Restriction = "Chỉ dành cho " + *row.Audience
	}
	var references []string
	for _, id := range row.References {
		sender, sent := a.Sender, a.Sent // where the earlier message is no longer there
		if i := slices.IndexFunc(all, func(o *systems.Alert) bool { return *o.Identifier == id }); i >= 0 {
			sender, sent = *all[i].Sender, capTime(all[i].SentAt)
		}
		references = append(references, sender+","+id+","+sent)
	}
	a.References = strings.Join(references, " ")
	vi := capInfo{
		Language: "vi-VN", Event: *row.Event, Urgency: capWord(*row.Urgency), Severity: capWord(*row.Severity), Certainty: capWord(*row.Certainty),
		Effective: capTime(row.EffectiveAt), Onset: capTime(row.OnsetAt), Expires: capTime(row.ExpiresAt), SenderName: *row.SenderName, Headline: *row.Headline,
		Description: *row.Description, Instruction: *row.Instruction, Web: *row.Web, Contact: *row.Contact,
		Parameter: []capValue{{"VN.hazard", string(*row.Hazard)}, {"VN.agency", row.AgencyCode}},
	}
	for _, c := range row.Category {
		vi.Category = append(vi.Category, capWord(c))
	}
	for _, c := range row.ResponseType {
		vi.ResponseType = append(vi.ResponseType, capWord(c))
	}
	if row.RiskLevel != nil {
		vi.Parameter = append(vi.Parameter, capValue{"VN.riskLevel", strconv.Itoa(*row.RiskLevel)})
	}
	if row.Audience != nil {
		vi.Audience = *row.Audience
	}
	area := capArea{Desc: *row.AreaDesc}
	if p, ok := row.Geom.(orb.Polygon); ok {
		area.Polygons = []string{latLon(p[0])}
	}
	for _, code := range row.Geocodes {
		area.Geocodes = append(area.Geocodes, capValue{"GSO", code})
	}
	vi.Area = []capArea{area}
	en := vi
	en.Language, en.Event, en.Headline = "en-US", row.LabelEN, row.LabelEN
	en.Description, en.Instruction, en.Audience, en.SenderName, en.Area = "", "", "", "", []capArea{{Desc: *row.AreaDesc, Geocodes: area.Geocodes}}
	a.Info = []capInfo{vi, en}
	return a
}

// capTime is a time as CAP writes it, never with a Z.
func capTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

// capWord is a code as CAP writes it: ALL_CLEAR, AllClear.
func capWord[T ~string](code T) string {
	switch code {
	case "CBRNE":
		return "CBRNE"
	case "ALL_CLEAR":
		return "AllClear"
	}
	return string(code[:1]) + strings.ToLower(string(code[1:]))
}

// latLon is a ring as CAP writes it, latitude first.
func latLon(ring orb.Ring) string {
	var pairs []string
	for _, p := range ring {
		pairs = append(pairs, strconv.FormatFloat(p[1], 'f', -1, 64)+","+strconv.FormatFloat(p[0], 'f', -1, 64))
	}
	return strings.Join(pairs, " ")
}
