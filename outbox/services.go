package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"geohub/ingest/formats"
	"geohub/ingest/formats/open311"
	"geohub/internal/fault"
	"geohub/layer"
)

// service is a service as the source tells it.
type service = open311.Service

const (
	// maxServices bounds the list that is kept.
	maxServices = 1000
	// refreshAgain is how fresh a list is too fresh to be asked for again.
	refreshAgain = time.Minute
	// servicesTimeout bounds one reading of the list with its definitions.
	servicesTimeout = time.Minute
)

// serviceList is the list as it was last read.
type serviceList struct {
	services []service
	readAt   time.Time
}

// known is the list that is kept; empty when none has been read.
func (o *Outbox) known(ctx context.Context) (serviceList, error) {
	var text []byte
	var list serviceList
	err := o.db.QueryRow(ctx, "SELECT services, read_at FROM report_services WHERE source = $1", o.source.Name).Scan(&text, &list.readAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return serviceList{}, nil
	}
	if err != nil {
		return serviceList{}, err
	}
	// The standard's decoder keeps members that the standard doesn't know.
	err = open311.Decode(bytes.NewReader(text), formats.Sink[open311.Record]{
		Record: func(r open311.Record) error {
			if r.Service != nil {
				list.services = append(list.services, *r.Service)
			}
			return nil
		},
		Refuse: func(formats.Refusal) error { return nil },
	})
	return list, err
}

// refreshServices reads the list, with the questions of those that have some.
// An empty answer changes nothing.
func (o *Outbox) refreshServices(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, servicesTimeout)
	defer cancel()
	a, err := o.ask(ctx, "/services", nil, nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK || a.broken != nil {
		return fmt.Errorf("GET /services: the source answers %d", a.status)
	}
	var list []service
	for _, r := range a.records {
		if r.Service != nil && len(list) < maxServices {
			list = append(list, *r.Service)
		}
	}
	if len(list) == 0 {
		return errors.New("GET /services: there is none in the answer")
	}
	for i, s := range list {
		if s.Metadata == nil || !*s.Metadata || len(s.Attributes) > 0 {
			continue
		}
		if list[i].Attributes, err = o.questions(ctx, s.ServiceCode); err != nil {
			return err
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = o.db.Exec(ctx, `INSERT INTO report_services (source, services, read_at) VALUES ($1, $2, $3)
		ON CONFLICT (source) DO UPDATE SET services = excluded.services, read_at = excluded.read_at`, o.source.Name, text, o.clock())
	return err
}

// questions are those of one service's definition.
func (o *Outbox) questions(ctx context.Context, code string) ([]open311.Attribute, error) {
	a, err := o.ask(ctx, "/services/"+url.PathEscape(code), nil, nil)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotFound {
		return nil, nil
	}
	for _, r := range a.records {
		if r.Service != nil && r.Service.ServiceCode == code {
			return r.Service.Attributes, nil
		}
	}
	return nil, fmt.Errorf("GET /services/%s: the source answers %d without a definition", code, a.status)
}

// ReportService is a kind of report that can be made.
type ReportService struct {
	ServiceCode, ServiceName string
	Description, Group       *string
	Keywords                 []string
	Attributes               []*ReportServiceAttribute
}

// ReportServiceAttribute is a question of a service.
type ReportServiceAttribute struct {
	Code                string
	Description         *string
	Datatype            string
	DatatypeDescription *string
	Required            bool
	Values              []*ReportServiceValue
}

// ReportServiceValue is an answer to choose.
type ReportServiceValue struct{ Key, Name string }

// Services are those that can be asked for, read from the source when none are
// known yet.
func (o *Outbox) Services(ctx context.Context, lang *layer.Lang) ([]*ReportService, error) {
	if err := o.open(); err != nil {
		return nil, err
	}
	list, err := o.known(ctx)
	if err != nil {
		return nil, fmt.Errorf("find services: %w", unavailable(err))
	}
	if list.services == nil {
		asking, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := o.refreshServices(asking); err != nil {
			return nil, fault.Unavailable("UNAVAILABLE", "the reports system does not tell its services now; try again").Because(err)
		}
		if list, err = o.known(ctx); err != nil {
			return nil, fmt.Errorf("find services: %w", unavailable(err))
		}
	}
	out := make([]*ReportService, len(list.services))
	for i, s := range list.services {
		out[i] = shown(s, lang)
	}
	return out, nil
}

// shown is a service in one language. The standard has one; English stands in
// the members of the same name with _en, where a server has it.
func shown(s service, lang *layer.Lang) *ReportService {
	in := func(text, member string) string {
		var en string
		json.Unmarshal(s.Extra[member+"_en"], &en)
		return layer.Title{VI: text, EN: en}.In(lang)
	}
	out := &ReportService{ServiceCode: s.ServiceCode, ServiceName: in(s.ServiceName, "service_name"), Keywords: []string{}, Attributes: []*ReportServiceAttribute{},
		Description: nullable(in(s.Description, "description")), Group: nullable(in(s.Group, "group"))}
	if out.ServiceName == "" {
		out.ServiceName = s.ServiceCode
	}
	for _, word := range strings.Split(s.Keywords, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out.Keywords = append(out.Keywords, word)
		}
	}
	questions := slices.Clone(s.Attributes)
	slices.SortStableFunc(questions, func(a, b open311.Attribute) int { return orderOf(a) - orderOf(b) })
	for _, a := range questions {
		if a.Variable != nil && !*a.Variable || a.Code == clientIDAttribute {
			continue // a text to show, or the hub's own: no question
		}
		q := &ReportServiceAttribute{Code: a.Code, Description: nullable(a.Description), Datatype: a.Datatype, DatatypeDescription: nullable(a.DatatypeDescription),
			Required: a.Required != nil && *a.Required, Values: []*ReportServiceValue{}}
		if q.Datatype == "" {
			q.Datatype = "string"
		}
		for _, v := range a.Values {
			name := v.Name
			if name == "" {
				name = v.Key
			}
			q.Values = append(q.Values, &ReportServiceValue{v.Key, name})
		}
		out.Attributes = append(out.Attributes, q)
	}
	return out
}

func orderOf(a open311.Attribute) int {
	if a.Order == nil {
		return 0
	}
	return *a.Order
}
