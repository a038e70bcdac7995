package serve

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"geohub/systems"
)

// reportRating is what a reporter thought of a result, and when they said so.
type reportRating struct {
	opinion systems.Satisfaction
	at      time.Time
}

// rate takes in a rating: POST requests/{id}/rating.json with `satisfaction`
// (SATISFIED, ACCEPTED, DISSATISFIED) and `comment`. The service's own
// extension; the standard knows none. The comment is read by nobody here.
func (a *reportsAPI) rate(w http.ResponseWriter, r *http.Request) {
	name, asXML, ok := fileOf(r)
	if !ok || name != "rating" {
		open311Error(w, asXML, http.StatusNotFound, "there is no such resource")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		open311Error(w, asXML, http.StatusBadRequest, err.Error())
		return
	}
	if r.PostForm.Get("api_key") != reportsKey && r.Header.Get("X-Api-Key") != reportsKey {
		open311Error(w, asXML, http.StatusForbidden, "api_key is missing or not good")
		return
	}
	opinion := systems.Satisfaction(strings.ToUpper(r.PostForm.Get("satisfaction")))
	if !slices.Contains([]systems.Satisfaction{"SATISFIED", "ACCEPTED", "DISSATISFIED"}, opinion) {
		open311Error(w, asXML, http.StatusBadRequest, "satisfaction is SATISFIED, ACCEPTED or DISSATISFIED")
		return
	}
	var found *systems.Report
	a.each(func(row *systems.Report) bool {
		if *row.ServiceRequestId == r.PathValue("id") {
			found = row
		}
		return found == nil
	})
	switch {
	case found == nil:
		open311Error(w, asXML, http.StatusNotFound, "service_request_id "+r.PathValue("id")+" is not known")
		return
	case found.ResolvedAt == nil:
		open311Error(w, asXML, http.StatusBadRequest, "the report is not resolved yet: there is no result to rate")
		return
	case !a.posted.rate(*found.ServiceRequestId, reportRating{opinion, a.s.Now().Truncate(time.Second)}):
		open311Error(w, asXML, http.StatusServiceUnavailable, "no more ratings are taken")
		return
	}
	writeTrees(w, asXML, http.StatusOK, "service_requests", "request", []tree{{{"service_request_id", *found.ServiceRequestId}}})
}

func (p *postedReports) rate(id string, rating reportRating) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, again := p.ratings[id]
	if !again && len(p.ratings) >= maxPosted {
		return false
	}
	if before.opinion != rating.opinion { // said twice is said once
		p.ratings[id] = rating
	}
	return true
}

// rated is a report with what its reporter thought of the result.
func (p *postedReports) rated(row *systems.Report) *systems.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	rating, ok := p.ratings[*row.ServiceRequestId]
	if !ok || row.ResolvedAt == nil {
		return row
	}
	with := *row
	with.Satisfaction = &rating.opinion
	switch *row.ReportStatus {
	case "RESOLVED", "PUBLISHED":
		with.ReportStatus = new(systems.ReportStatus("RATED"))
	}
	if row.StatusUpdatedAt == nil || rating.at.After(*row.StatusUpdatedAt) {
		with.StatusUpdatedAt = &rating.at
	}
	return &with
}
