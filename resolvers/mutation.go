package resolvers

import (
	"context"
	"strings"

	"geohub/graph"
	"geohub/internal/fault"
	"geohub/layer"
	"geohub/outbox"
	"geohub/systems"
)

func (root) Mutation() graph.MutationResolver           { return mutation{} }
func (root) ReportReceipt() graph.ReportReceiptResolver { return reportReceipt{} }

type (
	mutation      struct{}
	reportReceipt struct{}
)

func (mutation) SubmitReport(ctx context.Context, input outbox.SubmitReportInput, clientID string) (*outbox.ReportReceipt, error) {
	return configOf(ctx).Outbox.Submit(ctx, viewerOf(ctx), input, clientID)
}

// RateReport finds the number of a report that is named by its id: whoever has a
// key and sees it may rate it.
func (mutation) RateReport(ctx context.Context, id *string, token *string, satisfaction systems.Satisfaction, comment *string) (*outbox.ReportReceipt, error) {
	number := ""
	switch {
	case (id == nil) == (token == nil):
		return nil, fault.Invalid("BAD_INPUT", "give id or token, and not both")
	case id != nil && viewerOf(ctx).Anonymous():
		return nil, fault.Denied("id: without a key a report is rated by the token of its receipt").With("field", "id")
	case id != nil:
		report, err := systems.Reports.One(ctx, reader(ctx), *id)
		if err != nil {
			return nil, err
		}
		if report == nil {
			return nil, fault.NotFound("id: there is no report %q", *id).With("field", "id")
		}
		number = strings.TrimPrefix(report.ID, systems.Reports.IDPrefix())
	}
	return configOf(ctx).Outbox.Rate(ctx, viewerOf(ctx), number, or(token), string(satisfaction), or(comment))
}

func (query) ReportReceipt(ctx context.Context, token string) (*outbox.ReportReceipt, error) {
	return configOf(ctx).Outbox.Receipt(ctx, token)
}

func (query) ReportServices(ctx context.Context, lang *layer.Lang) ([]*outbox.ReportService, error) {
	return configOf(ctx).Outbox.Services(ctx, lang)
}

func (reportReceipt) Report(ctx context.Context, r *outbox.ReportReceipt) (*systems.Report, error) {
	if r.ReportID() == "" {
		return nil, nil
	}
	return systems.Reports.One(ctx, reader(ctx), r.ReportID())
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
