package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/ingest/formats/dossier"
	"geohub/province"
	"geohub/systems"
)

// dossiersService is the provincial one-stop system behind a security server of
// X-Road, as the national data exchange platform has it. A promise that lapses
// counts as a change of its dossier.
func dossiersService() service {
	return service{name: "dossiers", handler: func(s *Server) http.Handler { return &dossiersAPI{s} }, sources: `
  - name: dossiers
    format: dossier
    address: {{.HTTP}}` + dossiersPath + `?updatedSince={since}
    headers: {X-Road-Client: VN/GOV/H57/GEOHUB}
    pageSize: 2000
    overlap: 20m
    every: 30s
    due: 10m
`}
}

// dossiersPath is the service's, by X-Road: instance, class, member, subsystem, service.
const dossiersPath = "/r1/" + dossiersMember + "/hoSo/v1"

const dossiersMember = "VN/GOV/H57/MOTCUA"

type dossiersAPI struct{ s *Server }

func (a *dossiersAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Road-Id")
	w.Header().Set("X-Road-Id", id)
	w.Header().Set("Date", a.s.Now().UTC().Format(http.TimeFormat))
	switch {
	case r.Header.Get("X-Road-Client") == "":
		a.fault(w, http.StatusBadRequest, "Client.MissingHeader", "Required header 'X-Road-Client' is missing")
		return
	case r.URL.Path != dossiersPath:
		a.fault(w, http.StatusInternalServerError, "Server.ServerProxy.UnknownService", "Unknown service: "+r.URL.Path)
		return
	}
	since, err := dossiersSince(r.URL.Query().Get("updatedSince"))
	if err != nil {
		http.Error(w, `{"loi": "updatedSince: yyyy-MM-ddTHH:mm:ssZ"}`, http.StatusBadRequest)
		return
	}
	size := min(max(1, dossiersNumber(r, "size", 100)), 5000)
	page := max(1, dossiersNumber(r, "page", 1))
	all := a.since(since)
	items := make([]map[string]any, 0, size)
	for _, d := range all[min(len(all), (page-1)*size):min(len(all), page*size)] {
		items = append(items, dossierItem(d))
	}
	body, err := json.Marshal(map[string]any{"trang": page, "tongSoTrang": (len(all) + size - 1) / size, "tongSo": len(all), "data": items})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	hash := sha256.Sum256([]byte(id + r.URL.String()))
	w.Header().Set("X-Road-Request-Id", fmt.Sprintf("%x-%x-%x-%x-%x", hash[:4], hash[4:6], hash[6:8], hash[8:10], hash[10:16]))
	w.Header().Set("X-Road-Request-Hash", hex.EncodeToString(hash[:]))
	w.Header().Set("X-Road-Service", dossiersMember+"/hoSo")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(body)
}

func (a *dossiersAPI) fault(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Road-Error", kind)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"type": kind, "message": message, "detail": ""})
}

// since are the dossiers that changed since a moment, or became overdue.
func (a *dossiersAPI) since(at time.Time) []*systems.Dossier {
	all := rows(a.s, "dossiers", (*province.Province).Dossiers)
	if at.IsZero() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(d *systems.Dossier) bool {
		lapsed := d.DossierOutcome != nil && *d.DossierOutcome == "IN_PROGRESS_OVERDUE" && !d.PromisedAt.Before(at)
		return d.VersionAt.Before(at) && !lapsed
	})
}

func dossiersSince(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, text)
}

func dossiersNumber(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

var (
	dossierCodes = map[systems.DossierStatus]int{
		"REGISTERED": 1, "RECEIVED": 2, "REFUSED": 3, "PROCESSING": 4, "SUPPLEMENT_REQUESTED": 5, "PAYMENT_REQUESTED": 6, "WITHDRAWN": 7, "STOPPED": 8, "PROCESSED": 9, "RETURNED": 10,
	}
	dossierChannels = map[systems.DossierChannel]dossier.Channel{"IN_PERSON": dossier.AtCounter, "ONLINE": dossier.Online, "POSTAL": dossier.ByPost}
	dossierLevels   = map[systems.ServiceLevel]dossier.Level{"PARTIAL": dossier.Partly, "FULL": dossier.Wholly}
)

// dossierItem is a dossier in the terms of Decree 61/2018 and the portal.
func dossierItem(d *systems.Dossier) map[string]any {
	item := map[string]any{
		"maHoSo": *d.DossierNo, "maTTHC": *d.ProcedureCode + ".000.00.00.H57", "tenTTHC": *d.ProcedureName, "linhVuc": *d.ProcedureField, "coQuan": d.AgencyCode,
		"noiTiepNhan": strings.TrimPrefix(*d.OfficeId, systems.Offices.IDPrefix()), "kenh": dossierChannels[*d.DossierChannel], "mucDo": dossierLevels[*d.ServiceLevel],
		"trangThai": dossierCodes[*d.DossierStatus], "ngayCapNhat": d.VersionAt,
	}
	for name, at := range map[string]*time.Time{"ngayNop": d.SubmittedAt, "ngayTiepNhan": d.ReceivedAt, "ngayHenTra": d.PromisedAt, "ngayHoanThanh": d.FinishedAt, "ngayTra": d.ReturnedAt} {
		if at != nil {
			item[name] = at
		}
	}
	if d.Digitised != nil {
		item["soHoa"] = *d.Digitised
	}
	if d.PaidOnline != nil {
		item["thanhToanTrucTuyen"] = *d.PaidOnline
	}
	if d.Rating != nil {
		item["danhGia"] = *d.Rating
	}
	return item
}
