package billboard

import (
	"strings"

	"geohub/ingest/formats/internal/vntext"
)

// titles are the columns' titles by the field they stand for, folded.
var titles = map[string]string{
	"id":              "id ma mabang mabien mabienquangcao mabangquangcao sohieu kyhieu code billboard billboardid screen screenid displayid deviceid thietbi mathietbi manhinh mamanhinh player playerid bienquangcao bangquangcao unitid sitecode",
	"billboardKind":   "kind type billboardkind billboardtype loai loaihinh loaibang loaibien loaibangquangcao loaiquangcao hinhthuc",
	"name":            "name ten tenbang tenbien tenbienquangcao tenbangquangcao",
	"address":         "address diachi vitri diadiem location vitrilapdat diadiemlapdat",
	"lon":             "lon lng long longitude kinhdo kinhdolon x",
	"lat":             "lat latitude vido vidolat y",
	"coordinates":     "toado toadogps coordinates latlon latlng gps toadovidokinhdo",
	"faceAzimuth":     "faceazimuth azimuth huong gocphuongvi phuongvi huongmat faceazimuthdeg bearing",
	"widthM":          "width widthm rong chieurong chieungang ngang be rongm berong",
	"heightM":         "height heightm cao chieucao",
	"areaM2":          "area aream2 dientich dientichm2",
	"resolution":      "resolution dophangiai",
	"brightnessNits":  "brightness brightnessnits nits dosang dosangnits",
	"venueType":       "venuetype venue openooh",
	"owner":           "owner ownername chusohuu chudautu donvisohuu",
	"operator":        "operator operatorname donvivanhanh donviquanly donvikhaithac",
	"permitNo":        "permitno permit sogiayphep giayphep sogp gpqc licenceno licenseno sovanbanchapthuan",
	"permitFrom":      "permitfrom ngaycap ngaycapphep tungay hieuluctu validfrom ngaycapgiayphep",
	"permitTo":        "permitto ngayhethan denngay hieulucden validto expiry expires thoihan hethan ngayhethangiayphep",
	"structurePermit": "structurepermit structurepermitno giayphepxaydung gpxd sogpxd",
	"zone":            "zone vung khuvuc khuvucbaove heritagezone khuvucdisan",
	"status":          "status trangthai tinhtrang state",
	"lastHeartbeat":   "lastheartbeat lastheartbeatat tinhieucuoi lastseen",
	"inspectedOn":     "inspectedon inspected inspectiondate ngaykiemtra kiemtragannhat",
	"approved":        "approved creativeapproved contentapproved daduyet daduocduyet noidungdaduyet",
	"time":            "time timestamp at thoigian thoidiem ts datetime heartbeat heartbeatat",
	"temperatureCel":  "temperature temperaturecel temperaturec nhietdo temp tempc",
	"tamper":          "tamper tampered pha canthiep",
	"creative":        "creative creativeid media mediaid mediafile asset assetid content contentid noidung manoidung mauquangcao src file filename clip item campaigncreative tennoidung manoidungquangcao",
	"sha256":          "sha256 hash creativehash creativesha256 checksum",
	"advertiser":      "advertiser nhaquangcao khachhang brand client",
	"startAt":         "startat start starttime playedat playtime begin batdau thoigianbatdau giobatdau thoidiemphat thoigianphat playbackstart starttimelocal",
	"endAt":           "endat end endtime ketthuc thoigianketthuc gioketthuc playbackend",
	"durationS":       "duration durations durationsec durationseconds dur thoiluong thoiluonggiay thoiluongs length sogiay",
	"playCount":       "playcount plays count solan solanphat luotphat impressions repeat",
	"screenshotRef":   "screenshotref screenshot proof anhchup anhchupmanhinh bangchung",
	"displayState":    "displaystate trangthaihienthi trangthaimanhinh displaystatus power",
}

var fields = func() map[string]string {
	m := map[string]string{}
	for field, spellings := range titles {
		for _, s := range strings.Fields(spellings) {
			m[s] = field
		}
	}
	return m
}()

// field is what a title stands for; "" when it is not known. Units in
// brackets are no part of it.
func field(title string) string {
	if f := fields[vntext.Key(title)]; f != "" {
		return f
	}
	if at := strings.IndexAny(title, "([,/"); at > 0 {
		return fields[vntext.Key(title[:at])]
	}
	return ""
}

// kindOf tells what rows under these columns are; "" when they are nothing known.
func kindOf(columns []string) string {
	has := map[string]bool{}
	for _, c := range columns {
		has[c] = true
	}
	switch {
	case !has["id"]:
		return ""
	case has["creative"] && (has["startAt"] || has["time"] && (has["durationS"] || has["playCount"])):
		return "play"
	case has["time"] && !has["permitNo"] && !has["address"] && !has["widthM"]:
		return "heartbeat"
	case has["permitNo"] || has["address"] || has["lon"] || has["lat"] || has["coordinates"] || has["billboardKind"] || has["widthM"] || has["areaM2"] || has["owner"] || has["name"]:
		return "registry"
	}
	return ""
}
