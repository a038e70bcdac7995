package dossier

import "time"

// Record is one dossier, without its applicant. A date without a clock is its
// midnight at GMT+7.
type Record struct {
	MaHoSo             string     `json:"maHoSo"`
	Code               Code       `json:"code"`             // MaHoSo taken apart
	MaTTHC             string     `json:"maTTHC,omitempty"` // national procedure code: 1.004194.000.00.00.H57
	TenTTHC            string     `json:"tenTTHC,omitempty"`
	LinhVuc            string     `json:"linhVuc,omitempty"`
	CoQuan             string     `json:"coQuan,omitempty"` // agency code, as written
	Kenh               Channel    `json:"kenh,omitempty"`
	MucDo              Level      `json:"mucDo,omitempty"`
	NoiTiepNhan        string     `json:"noiTiepNhan,omitempty"` // code of the office that took it in
	NgayNop            *time.Time `json:"ngayNop,omitempty"`     // handed in
	NgayTiepNhan       *time.Time `json:"ngayTiepNhan,omitempty"`
	NgayHenTra         *time.Time `json:"ngayHenTra,omitempty"`
	NgayHoanThanh      *time.Time `json:"ngayHoanThanh,omitempty"`
	NgayTra            *time.Time `json:"ngayTra,omitempty"`
	NgayCapNhat        *time.Time `json:"ngayCapNhat,omitempty"` // when anything of it changed last
	TrangThai          *int       `json:"trangThai,omitempty"`   // 1 to 10, see [Statuses]
	CacBuoc            []Step     `json:"cacBuoc,omitempty"`
	SoHoa              *bool      `json:"soHoa,omitempty"`
	ThanhToanTrucTuyen *bool      `json:"thanhToanTrucTuyen,omitempty"`
	DanhGia            *int       `json:"danhGia,omitempty"` // 1 to 5
	Dropped            []string   `json:"dropped,omitempty"` // personal fields that were there, by name
	Ignored            []string   `json:"ignored,omitempty"` // other fields that are not known here, by name
	Notes              []string   `json:"notes,omitempty"`   // what is odd about it
}

// Step is one step of a dossier's handling. Who took it is not kept.
type Step struct {
	Buoc   string     `json:"buoc,omitempty"`
	BoPhan string     `json:"boPhan,omitempty"`
	Tu     *time.Time `json:"tu,omitempty"`
	Den    *time.Time `json:"den,omitempty"`
}

// Channel is the way a dossier was handed in.
type Channel string

// The channels: at the counter, online, by the public post.
const (
	AtCounter Channel = "TRUC_TIEP"
	Online    Channel = "TRUC_TUYEN"
	ByPost    Channel = "BCCI"
)

// Level is how much of a procedure can be done online.
type Level string

// The levels.
const (
	Partly Level = "MOT_PHAN"
	Wholly Level = "TOAN_TRINH"
)

// Statuses are the portal's words for its codes 1 to 10; the clock of a
// dossier stands still in 5 and 6.
func Statuses() [10]string {
	return [10]string{
		"Mới đăng ký", "Được tiếp nhận", "Không được tiếp nhận", "Đang xử lý", "Yêu cầu bổ sung hồ sơ",
		"Yêu cầu thực hiện nghĩa vụ tài chính", "Công dân yêu cầu rút hồ sơ", "Dừng xử lý", "Đã xử lý xong", "Đã trả kết quả",
	}
}

// Page is what a response says of itself.
type Page struct {
	Next  string // the next page, an address or a number; "" when there is none or it is not said
	Page  *int   // this page's number, as the service counts
	Pages *int
	Total *int // dossiers in all pages
	// Complete says that the response was read to its own end. What is missing
	// from an incomplete one may exist all the same.
	Complete bool
}
