package monitoringtxt

import (
	"strings"
	"time"

	"geohub/ingest/formats/internal/vntext"
)

// Record is one line: one parameter at one time.
type Record struct {
	Param     string   `json:"param"`               // as written: "Nhietdo"
	Parameter string   `json:"parameter,omitempty"` // its one name: "temperature"; empty when the spelling is not known
	Value     *float64 `json:"value,omitempty"`     // in the unit written; nil when the device gave none
	Unit      string   `json:"unit,omitempty"`      // as written: "µg/Nm3"
	// UCUM is the unit as a UCUM code: "ug/m3{normal}"; empty when the
	// spelling is not known. Normal cubic metres keep the annotation.
	UCUM    string    `json:"ucum,omitempty"`
	Time    time.Time `json:"time"`    // GMT+7
	Status  string    `json:"status"`  // 00, 01 or 02
	Quality Quality   `json:"quality"` // what Status means
}

// Quality is the state of the measuring device.
type Quality string

// The states: only a Measuring device's value is a measurement.
const (
	Measuring   Quality = "measuring"   // 00, đang đo
	Calibrating Quality = "calibrating" // 01, hiệu chuẩn
	Fault       Quality = "fault"       // 02, báo lỗi thiết bị
)

var qualities = map[string]Quality{"00": Measuring, "01": Calibrating, "02": Fault}

// Parameter is the one name of a parameter whose spelling is known, else "".
func Parameter(spelling string) string {
	// A unit in brackets is no part of the name, an element's charge neither.
	name, _, _ := strings.Cut(spelling, "(")
	return parameters[vntext.Key(name)]
}

// UCUM is the UCUM code of a unit whose spelling is known, else "".
func UCUM(spelling string) string {
	s := strings.NewReplacer(" ", "", "\u00a0", "", "µ", "u", "μ", "u", "^", "", "º", "°", "˚", "°", "·", ".").Replace(vntext.Plain(strings.TrimSpace(spelling)))
	return units[s]
}

var parameters = invert(map[string]string{
	"temperature":  "nhietdo temp temperature nhietdonuoc nhietdokhongkhi nhietdokhithai t",
	"ph":           "ph dopH giatriph",
	"cod":          "cod",
	"bod5":         "bod bod5",
	"tss":          "tss ss chatranlolung tongchatranlolung",
	"toc":          "toc",
	"do":           "do oxyhoatan oxihoatan",
	"conductivity": "ec dodan dodandien conductivity",
	"turbidity":    "doduc turbidity ntu turb",
	"salinity":     "doman salinity",
	"orp":          "orp",
	"colour":       "domau mau color colour",
	"ammonium":     "nh4 nh4n amoni amonium ammonium nnh4 nh4nn",
	"nitrate":      "no3 no3n nitrat nitrate",
	"phosphate":    "po4 po4p photphat phosphate phosphat",
	"tn":           "tn tongn tongnito totaln nitotong",
	"tp":           "tp tongp tongphotpho totalp photphotong",
	"chlorine":     "clo clodu chlorine cl2",
	"flow":         "luuluong flow q luuluongnuocthai luuluongkhithai",
	"flowIn":       "luuluongvao flowin luuluongdauvao qvao",
	"flowOut":      "luuluongra flowout luuluongdaura qra",
	"level":        "mucnuoc level waterlevel",
	"rain":         "mua luongmua rain rainfall",
	"pm25":         "pm25 buipm25 bui25",
	"pm10":         "pm10 buipm10 bui10",
	"pm1":          "pm1",
	"dust":         "bui tsp buitong dust tongbuilolung",
	"so2":          "so2",
	"no":           "no",
	"no2":          "no2",
	"nox":          "nox",
	"co":           "co",
	"co2":          "co2",
	"o3":           "o3 ozon ozone",
	"o2":           "o2 oxy oxi oxydu",
	"h2s":          "h2s",
	"nh3":          "nh3",
	"hcl":          "hcl",
	"hf":           "hf",
	"pressure":     "apsuat pressure apsuatkhithai apsuatkhiquyen",
	"humidity":     "doam humidity rh doamkhongkhi",
	"windSpeed":    "tocdogio windspeed ws vantocgio",
	"windDir":      "huonggio winddirection winddir wd",
	"radiation":    "bucxa bucxamattroi radiation solarradiation",
	"velocity":     "vantoc velocity tocdodong",
})

var units = invert(map[string]string{
	"mg/L": "mg/l mgl-1 ppmmg/l", "g/L": "g/l", "ug/L": "ug/l", "Cel": "°c oc c doc degc celsius do",
	"ug/m3": "ug/m3", "mg/m3": "mg/m3", "g/m3": "g/m3", "ug/m3{normal}": "ug/nm3", "mg/m3{normal}": "mg/nm3", "g/m3{normal}": "g/nm3", "m3/h{normal}": "nm3/h nm3/gio",
	"m3/h": "m3/h m3/gio m3/hr", "m3/s": "m3/s m3/giay", "m3/d": "m3/d m3/ngay m3/ngd m3/ngaydem m3/day", "m3/min": "m3/phut m3/min", "m3": "m3",
	"L/s": "l/s l/giay", "L/min": "l/min l/phut", "%": "% %rh %vol %o2 %v/v",
	"uS/cm": "us/cm", "mS/cm": "ms/cm", "S/m": "s/m", "{NTU}": "ntu", "{FNU}": "fnu", "{PtCo}": "pt-co ptco pt/co tcu", "[pH]": "ph", "mV": "mv",
	"[ppm]": "ppm", "[ppb]": "ppb", "[ppth]": "ppt ‰", "{PSU}": "psu",
	"hPa": "hpa", "mbar": "mbar", "kPa": "kpa", "Pa": "pa", "bar": "bar", "mm[Hg]": "mmhg",
	"m/s": "m/s", "km/h": "km/h", "m": "m", "cm": "cm", "mm": "mm", "mm/h": "mm/h mm/gio", "W/m2": "w/m2", "deg": "° deg",
	"{MPN}/(100.mL)": "mpn/100ml", "{CFU}/(100.mL)": "cfu/100ml", "kg/h": "kg/h", "g/s": "g/s",
})

// invert turns "name: spellings" into "spelling: name".
func invert(m map[string]string) map[string]string {
	out := map[string]string{}
	for name, spellings := range m {
		for _, s := range strings.Fields(strings.ToLower(spellings)) {
			out[s] = name
		}
	}
	return out
}
