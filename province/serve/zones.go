package serve

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"geohub/geo"
	"geohub/province"
	"geohub/systems"
)

// zonesService is the zones of the decisions' maps by OGC API Features.
func zonesService() service {
	return service{name: "zones", handler: func(s *Server) http.Handler { return zonesAPI(s) }, sources: `
  - name: zones
    format: table
    address: {{.HTTP}}/collections/ranh_gioi/items
    layer: zones
    every: 5m
    pageSize: 10
    deleteAfter: 2
    map: |
      .properties | {key: .ma, label: .ten, labelEn: .ten_en, agency: .co_quan, observedAt: .ra_soat,
        zoneKind: .loai, zoneFrom: .hieu_luc_tu, zoneTo: .het_hieu_luc, restriction: .han_che,
        heritageLevel: .khu_vuc, floodLevelM: .muc_nuoc_m, legalBasis: .can_cu}
`}
}

// zoneKinds are the collection's own words.
var zoneKinds = map[systems.ZoneKind]string{
	"HERITAGE": "Khu vực bảo vệ di tích", "FISHING": "Vùng khai thác thủy sản", "CLOSED": "Khu vực cấm", "BOUNDARY": "Ranh giới", "FLOOD": "Vùng ngập lũ",
}

func zonesAPI(s *Server) http.Handler {
	mux := http.NewServeMux()
	root := func(r *http.Request) string { return "http://" + r.Host + "/zones" }
	write := func(w http.ResponseWriter, r *http.Request, kind string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		conditional(w, r, kind, body)
	}
	collection := func(r *http.Request) map[string]any {
		return map[string]any{"id": "ranh_gioi", "title": "Vùng, ranh giới", "itemType": "feature", "crs": []string{"http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
			"links": []any{map[string]string{"rel": "items", "type": "application/geo+json", "href": root(r) + "/collections/ranh_gioi/items"}}}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		write(w, r, "application/json", map[string]any{"title": "Ranh giới", "links": []any{
			map[string]string{"rel": "conformance", "type": "application/json", "href": root(r) + "/conformance"},
			map[string]string{"rel": "data", "type": "application/json", "href": root(r) + "/collections"},
		}})
	})
	mux.HandleFunc("GET /conformance", func(w http.ResponseWriter, r *http.Request) {
		write(w, r, "application/json", map[string]any{"conformsTo": []string{
			"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core", "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
		}})
	})
	mux.HandleFunc("GET /collections", func(w http.ResponseWriter, r *http.Request) {
		write(w, r, "application/json", map[string]any{"collections": []any{collection(r)}, "links": []any{}})
	})
	mux.HandleFunc("GET /collections/ranh_gioi", func(w http.ResponseWriter, r *http.Request) { write(w, r, "application/json", collection(r)) })
	mux.HandleFunc("GET /collections/ranh_gioi/items", func(w http.ResponseWriter, r *http.Request) {
		number := func(name string, otherwise int) int {
			if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n >= 0 {
				return n
			}
			return otherwise
		}
		limit, offset := min(max(1, number("limit", 10)), 1000), number("offset", 0)
		all := rows(s, "zones", (*province.Province).Zones)
		features := []any{}
		for _, z := range all[min(offset, len(all)):min(offset+limit, len(all))] {
			features = append(features, zoneFeature(z))
		}
		links := []any{map[string]string{"rel": "self", "type": "application/geo+json", "href": root(r) + r.URL.String()}}
		if offset+limit < len(all) {
			links = append(links, map[string]string{"rel": "next", "type": "application/geo+json",
				"href": fmt.Sprintf("%s/collections/ranh_gioi/items?limit=%d&offset=%d", root(r), limit, offset+limit)})
		}
		write(w, r, "application/geo+json", map[string]any{"type": "FeatureCollection", "features": features, "links": links,
			"numberMatched": len(all), "numberReturned": len(features)})
	})
	return mux
}

func zoneFeature(z *systems.Zone) map[string]any {
	properties := map[string]any{"ma": z.RecordKey, "ten": z.LabelVI, "ten_en": z.LabelEN, "co_quan": z.AgencyCode, "ra_soat": z.ObservedAt, "loai": zoneKinds[*z.ZoneKind],
		"han_che": z.Restriction, "khu_vuc": z.HeritageLevel, "muc_nuoc_m": z.FloodLevelM, "can_cu": z.LegalBasis, "hieu_luc_tu": nil, "het_hieu_luc": nil}
	if z.ZoneFrom != nil {
		properties["hieu_luc_tu"] = z.ZoneFrom.String()
	}
	if z.ZoneTo != nil {
		properties["het_hieu_luc"] = z.ZoneTo.String()
	}
	return map[string]any{"type": "Feature", "id": z.RecordKey, "properties": properties, "geometry": json.RawMessage(geo.AppendGeoJSON(nil, z.Geom, -1))}
}

// conditional answers with a body, or that it is the one the client has.
func conditional(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	tag := fmt.Sprintf(`"%x"`, sum[:12])
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", kind)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(body)
}
