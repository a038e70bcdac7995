package systems

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"geohub/ingest/formats/monitoringtxt"
)

// word is a spelling in small letters and digits, without accents: "muc nuoc
// ho" of "Mực nước hồ". Words stay apart by one space.
func word(text string) string {
	var out strings.Builder
	gap := false
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ' || r == 'Đ':
			r = 'd'
			fallthrough
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && out.Len() > 0 {
				out.WriteByte(' ')
			}
			gap = false
			out.WriteRune(unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return out.String()
}

// spelledParameters are further spellings, by word, of what the hub calls by
// its own names; those of the environment's files monitoringtxt knows.
var spelledParameters = map[string]string{
	"level": "level", "water level": "level", "waterlevel": "level", "muc nuoc": "level", "muc nuoc ho": "level", "muc nuoc thuong luu": "level", "muc nuoc song": "level", "gauge height": "level",
	"reservoir water level": "level", "z": "level", "htl": "level", "upstream water level": "level",
	"downstreamlevel": "downstreamLevel", "downstream level": "downstreamLevel", "muc nuoc ha luu": "downstreamLevel", "downstream water level": "downstreamLevel", "tailwater level": "downstreamLevel", "hhl": "downstreamLevel",
	"inflow": "inflow", "luu luong den": "inflow", "luu luong den ho": "inflow", "qden": "inflow", "qve": "inflow", "luu luong ve ho": "inflow", "qin": "inflow",
	"outflow": "outflow", "luu luong xa": "outflow", "tong luu luong xa": "outflow", "qxa": "outflow", "release": "outflow", "total release": "outflow", "qtotal": "outflow", "qout": "outflow",
	"spill": "spill", "luu luong qua tran": "spill", "luu luong xa tran": "spill", "qtran": "spill", "spillway discharge": "spill", "qspill": "spill",
	"turbine": "turbine", "luu luong qua tuabin": "turbine", "luu luong phat dien": "turbine", "luu luong chay may": "turbine", "turbine discharge": "turbine", "qturbine": "turbine",
	"storage": "storage", "dung tich": "storage", "dung tich ho": "storage", "reservoir storage": "storage", "reservoir volume": "storage", "w": "storage",
	"gatesopen": "gatesOpen", "so cua dang mo": "gatesOpen", "so cua mo": "gatesOpen", "gates open": "gatesOpen", "open gates": "gatesOpen",
	"rain1h": "rain1h", "luong mua 1 gio": "rain1h", "luong mua gio": "rain1h", "mua 1 gio": "rain1h", "hourly rainfall": "rain1h", "hourly precipitation": "rain1h",
	"rain": "rain", "luong mua": "rain", "mua": "rain", "rainfall": "rain", "precipitation": "rain", "rain10m": "rain10m", "luong mua 10 phut": "rain10m", "rain15m": "rain15m", "luong mua 15 phut": "rain15m",
	"air temperature": "temperature", "nhiet do khong khi": "temperature", "nhiet do": "temperature", "temperature": "temperature",
	"pm2 5": "pm25", "pm25": "pm25", "bui pm2 5": "pm25", "bui min pm2 5": "pm25", "pm10": "pm10", "bui pm10": "pm10",
	"vn aqi": "vnAqi", "aqi": "vnAqi", "vnaqi": "vnAqi", "chi so chat luong khong khi": "vnAqi",
	"vn wqi": "vnWqi", "wqi": "vnWqi", "vnwqi": "vnWqi", "chi so chat luong nuoc": "vnWqi",
	"flow": "flow", "luu luong": "flow", "discharge": "flow", "river discharge": "flow", "q": "flow",
}

// spelledParameter is the hub's name of what a text calls a measured thing; ""
// when that is not known.
func spelledParameter(text string) string {
	w := word(text)
	if p, known := spelledParameters[w]; known {
		return p
	}
	if w == "" {
		return ""
	}
	if p := monitoringtxt.Parameter(text); p != "" {
		return p
	}
	for _, m := range mentioned {
		if strings.Contains(" "+w+" ", " "+m.words+" ") {
			return m.parameter
		}
	}
	return ""
}

// mentioned are words that say roughly what is measured, in a name that says
// more besides: "Water level at the weir".
var mentioned = []struct{ words, parameter string }{
	{"muc nuoc", "level"}, {"water level", "level"}, {"tailwater", "downstreamLevel"},
	{"luu luong", "flow"}, {"discharge", "flow"}, {"flow", "flow"}, {"q", "flow"},
	{"mua", "rain"}, {"rain", "rain"}, {"rainfall", "rain"}, {"precipitation", "rain"},
	{"nhiet do khong khi", "temperature"}, {"air temperature", "temperature"},
}

// refined tells apart what one property covers by the words beside it: the
// levels above and below a dam, and where a flow goes.
func refined(parameter string, texts ...string) string {
	all := " " + word(strings.Join(texts, " ")) + " "
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(all, " "+w+" ") {
				return true
			}
		}
		return false
	}
	switch parameter {
	case "level":
		if has("ha luu", "downstream", "tailwater") {
			return "downstreamLevel"
		}
	case "flow":
		switch {
		case has("den", "ve ho", "vao ho", "inflow"):
			return "inflow"
		case has("tran", "qua tran", "spill", "spillway"):
			return "spill"
		case has("tuabin", "turbine", "phat dien", "chay may", "nha may"):
			return "turbine"
		case has("luu luong xa", "tong xa", "xa", "outflow", "release"):
			return "outflow"
		}
	}
	return parameter
}
