package dossier

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"geohub/ingest/formats/internal/records"
)

// Code is a dossier's code taken apart.
type Code struct {
	Agency     string `json:"agency"`     // as written: "000.00.08.H57"
	AgencyCode string `json:"agencyCode"` // as QĐ 20/2020 writes it: "H57.08"
	Date       string `json:"date"`       // the day it was taken in, yyyy-MM-dd
	Sequence   string `json:"sequence"`   // three to six digits
}

var code = regexp.MustCompile(`^(?P<agency>[0-9A-Z.]+)-(?P<d>\d{6})-(?P<seq>\d{3,6})$`)

// ParseCode reads {agency}-{yyMMdd}-{sequence}.
func ParseCode(s string) (Code, error) {
	m := code.FindStringSubmatch(s)
	if m == nil {
		return Code{}, fmt.Errorf("%s is not agency-yyMMdd-number, like H57.08-240312-0012", records.Quote(s))
	}
	day, err := time.Parse("20060102", "20"+m[2])
	if err != nil {
		return Code{}, fmt.Errorf("%s: %s is no possible date yyMMdd", records.Quote(s), m[2])
	}
	canonical, err := AgencyCode(m[1])
	if err != nil {
		return Code{}, err
	}
	return Code{Agency: m[1], AgencyCode: canonical, Date: day.Format(time.DateOnly), Sequence: m[3]}, nil
}

// AgencyCode turns an agency's code of QCVN 102:2016 (000.00.08.H57, the
// smallest part first) into that of QĐ 20/2020 (H57.08): its groups turned
// round, without those of zeros. One that begins with a letter is that already.
func AgencyCode(s string) (string, error) {
	groups := strings.Split(s, ".")
	if slices.Contains(groups, "") {
		return "", fmt.Errorf("agency %s has an empty part", records.Quote(s))
	}
	if strings.IndexByte("0123456789", groups[0][0]) < 0 {
		return s, nil
	}
	slices.Reverse(groups)
	groups = slices.DeleteFunc(groups, func(g string) bool { return strings.Trim(g, "0") == "" })
	if len(groups) == 0 || strings.IndexByte("0123456789", groups[0][0]) >= 0 {
		return "", fmt.Errorf("agency %s names no province or ministry like H57", records.Quote(s))
	}
	return strings.Join(groups, "."), nil
}
