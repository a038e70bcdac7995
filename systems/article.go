package systems

import (
	"context"
	"time"

	"geohub/clause"
	"geohub/layer"
)

// Article is a piece in the press about the province, in the terms of RSS 2.0,
// Atom (RFC 4287) and GeoRSS. Of the text it keeps title, summary and link. It
// lies at the place it speaks of, where one was found.
type Article struct {
	layer.Base
	Guid               *string `layer:"key,filter"`
	CanonicalUrl       *string `layer:"filter"`
	Outlet             *string `layer:"filter,group,text"`
	Headline           *string `layer:"filter,text"`
	Summary            *string `layer:"text"`
	Author             *string
	PublishedAt        *time.Time      `layer:"filter,order"`
	Language           *string         `layer:"filter,group"`
	Topics             []string        `layer:"filter"`
	PlaceNames         []string        `layer:"filter"`
	Sentiment          *Sentiment      `layer:"filter,group,tile"`
	SentimentScore     *float64        `layer:"filter,order"`
	Reach              *int            `layer:"filter,order"`
	HandlingStatus     *HandlingStatus `layer:"filter,group"`
	AssignedAgencyCode *string         `layer:"filter,group,for=assignedAgency"`
	HandlingDueAt      *time.Time      `layer:"filter,order"`
}

// Sentiment is the tone of an article, as a model judged it.
type Sentiment string

// HandlingStatus is how far the administration has come with an article.
type HandlingStatus string

// Articles is the layer of the press. Nobody knows when the next piece appears: none is due.
var Articles = layer.New[Article]("articles", layer.Spec{
	Agency: "H57.01",
	Points: true,
	Conditions: []layer.Condition{{
		Name: "overdue", Description: "Not answered though `handlingDueAt` has passed.",
		Of: []string{"handlingStatus", "handlingDueAt"}, Where: articleOverdue, Turns: articleTurns,
	}},
})

func articleOverdue(now time.Time) clause.C {
	return clause.Of("f.handling_status IN ('DETECTED', 'CLASSIFIED', 'FORWARDED', 'VERIFYING') AND f.handling_due_at <= ?", now)
}

func articleTurns(now time.Time) clause.C {
	return clause.Of("SELECT min(f.handling_due_at) FROM articles f WHERE f.handling_status IN ('DETECTED', 'CLASSIFIED', 'FORWARDED', 'VERIFYING') AND f.handling_due_at > ?", now)
}

// AssignedAgency is the agency that is to answer; nil when none was asked.
func (a *Article) AssignedAgency(ctx context.Context) (*layer.Agency, error) {
	return layer.AgencyOf(ctx, &a.Base, a.AssignedAgencyCode)
}
