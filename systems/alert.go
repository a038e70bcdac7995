package systems

import (
	"context"
	"time"

	"geohub/clause"
	"geohub/layer"
)

// Alert is one message of warning, in the terms of CAP 1.2 with the level of
// risk by QĐ 18/2021/QĐ-TTg. An update or a cancellation is a message of its
// own, which supersedes those it names in References.
type Alert struct {
	layer.Base
	Identifier   *string             `layer:"key,filter,order"`
	Sender       *string             `layer:"filter,group"`
	SenderName   *string             `layer:"filter,group"`
	SentAt       *time.Time          `layer:"filter,order"`
	AlertStatus  *AlertStatus        `layer:"filter,group"`
	MsgType      *AlertMsgType       `layer:"filter,group"`
	Scope        *AlertScope         `layer:"filter,group"`
	Category     []AlertCategory     `layer:"filter"`
	Event        *string             `layer:"filter,group,text"`
	Hazard       *Hazard             `layer:"filter,group,tile"`
	RiskLevel    *int                `layer:"filter,order,group,tile"`
	ResponseType []AlertResponseType `layer:"filter"`
	Urgency      *AlertUrgency       `layer:"filter,group"`
	Severity     *AlertSeverity      `layer:"filter,group,tile"`
	Certainty    *AlertCertainty     `layer:"filter,group"`
	Audience     *string
	EffectiveAt  *time.Time `layer:"filter,order"`
	OnsetAt      *time.Time `layer:"filter,order"`
	ExpiresAt    *time.Time `layer:"filter,order"`
	Headline     *string    `layer:"filter,text"`
	Description  *string    `layer:"text"`
	Instruction  *string    `layer:"text"`
	AreaDesc     *string    `layer:"filter,text"`
	Geocodes     []string   `layer:"filter"`
	Web          *string
	Contact      *string
	References   []string `layer:"filter"`
	// Superseded is set by ingest when a later Update or Cancel names the alert.
	Superseded bool `layer:"hidden"`
}

// Affected is what lies in the alert's area, of some layers or all.
func (a *Alert) Affected(ctx context.Context, layers []layer.Name, first *int, after *string) (*layer.FeatureConnection, error) {
	return a.Touching(ctx, layers, first, after)
}

// AlertStatus is CAP's status: whether a message is meant in earnest.
type AlertStatus string

// AlertMsgType is CAP's msgType: what a message does.
type AlertMsgType string

// AlertScope is CAP's scope: whom a message is for.
type AlertScope string

// AlertCategory is CAP's category of an event.
type AlertCategory string

// AlertResponseType is CAP's responseType: what people should do.
type AlertResponseType string

// AlertUrgency is CAP's urgency: how soon to act.
type AlertUrgency string

// AlertSeverity is CAP's severity: how bad it would be.
type AlertSeverity string

// AlertCertainty is CAP's certainty: how sure the sender is.
type AlertCertainty string

// Hazard is a kind of natural hazard by QĐ 18/2021/QĐ-TTg.
type Hazard string

// Alerts is the layer of warnings: areas, circles among them as polygons. They
// come when something threatens, so none is due.
var Alerts = layer.New[Alert]("alerts", layer.Spec{
	Agency: "H57.20",
	Conditions: []layer.Condition{{
		Name: "active",
		Description: "In force now, by CAP's own rules: status ACTUAL, msgType ALERT or UPDATE, " +
			"neither superseded nor cancelled, already effective and not yet expired.",
		Where: alertActive,
		Turns: alertTurns,
	}},
})

// alertActive holds for alerts in force. CAP 1.2: without effective, a message
// is effective from sent; without expires, it stands until another supersedes it.
func alertActive(now time.Time) clause.C {
	return clause.Of(`f.alert_status = 'ACTUAL' AND f.msg_type IN ('ALERT', 'UPDATE') AND NOT f.superseded
		AND coalesce(f.effective_at, f.sent_at) <= ? AND (f.expires_at IS NULL OR f.expires_at > ?)`, now, now)
}

// alertTurns is when the next alert takes effect or expires.
func alertTurns(now time.Time) clause.C {
	return clause.Of(`SELECT min(t.at) FROM alerts f, LATERAL (VALUES (coalesce(f.effective_at, f.sent_at)), (f.expires_at)) t (at) WHERE t.at > ?`, now)
}
