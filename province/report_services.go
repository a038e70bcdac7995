package province

import (
	"time"

	"geohub/systems"
)

// ReportService is a kind of report that people can make.
type ReportService struct {
	Code, Name, NameEN string
	Category           systems.ReportCategory
	Agency             string        // that answers for it, by QĐ 20/2020
	Allowed            time.Duration // until it is to be handled
}

// ReportServices are all kinds of reports.
func ReportServices() []ReportService {
	var all []ReportService
	for _, s := range services {
		all = append(all, ReportService{s.code, s.name, s.nameEN, s.category, s.agency, s.allowed})
	}
	return all
}
