package province

import (
	"fmt"
	"strings"
	"time"

	"geohub/systems"
)

// Agency is an agency by QĐ 20/2020/QĐ-TTg: the province, its departments and
// the bodies that answer reports with them, and each unit's people's committee.
// The codes under H57 are invented where the register could not be read.
type Agency struct {
	Code, Name, NameEN string
	Parent             string   // code of the agency over it; empty for the first
	UnitCode           string   // code of the unit it serves; empty when it is no single one
	Services           []string // Open311 service codes it answers for
}

// Agencies are the parents before their children.
func (p *Province) Agencies() []Agency {
	all := []Agency{{Code: "H57", Name: "Ủy ban nhân dân thành phố Huế", NameEN: "Huế City People's Committee"}}
	for _, d := range departments {
		a := Agency{Code: d[0], Name: d[1], NameEN: d[2], Parent: d[0][:strings.LastIndexByte(d[0], '.')]}
		for _, s := range services {
			if s.agency == a.Code {
				a.Services = append(a.Services, s.code)
			}
		}
		all = append(all, a)
	}
	for i, c := range p.communes() {
		a := Agency{
			Code: communeAgency(i), Name: "Ủy ban nhân dân " + lowerKind(c.name), NameEN: c.nameEN + " People's Committee",
			Parent: "H57", UnitCode: c.code,
		}
		for _, s := range services {
			if s.local {
				a.Services = append(a.Services, s.code)
			}
		}
		all = append(all, a)
	}
	return all
}

// communeAgency is the code of the people's committee of the unit at place i.
func communeAgency(i int) string { return fmt.Sprintf("H57.%d", 101+i) }

// committeeOf is the code of a unit's people's committee.
func (p *Province) committeeOf(unitCode string) string {
	for i, c := range p.communes() {
		if c.code == unitCode {
			return communeAgency(i)
		}
	}
	return "H57"
}

// lowerKind writes the kind of a unit as it stands within a sentence: "phường Phú Xuân".
func lowerKind(name string) string {
	return strings.Replace(strings.Replace(name, "Phường ", "phường ", 1), "Xã ", "xã ", 1)
}

func departmentName(code string) string {
	for _, d := range departments {
		if d[0] == code {
			return d[1]
		}
	}
	return "Ủy ban nhân dân thành phố Huế"
}

var departments = [][3]string{
	{"H57.01", "Văn phòng Ủy ban nhân dân thành phố", "Office of the City People's Committee"},
	{"H57.02", "Sở Khoa học và Công nghệ", "Department of Science and Technology"},
	{"H57.02.01", "Trung tâm Giám sát, điều hành đô thị thông minh (HueIOC)", "Intelligent Operations Centre (HueIOC)"},
	{"H57.03", "Trung tâm Phục vụ hành chính công thành phố", "Public Administration Service Centre"},
	{"H57.04", "Sở Tài chính", "Department of Finance"},
	{"H57.05", "Sở Xây dựng", "Department of Construction"},
	{"H57.06", "Sở Công Thương", "Department of Industry and Trade"},
	{"H57.07", "Sở Văn hóa và Thể thao", "Department of Culture and Sports"},
	{"H57.08", "Sở Tư pháp", "Department of Justice"},
	{"H57.09", "Sở Y tế", "Department of Health"},
	{"H57.10", "Sở Giáo dục và Đào tạo", "Department of Education and Training"},
	{"H57.11", "Sở Du lịch", "Department of Tourism"},
	{"H57.12", "Sở Nông nghiệp và Môi trường", "Department of Agriculture and Environment"},
	{"H57.13", "Sở Nội vụ", "Department of Home Affairs"},
	{"H57.14", "Sở Ngoại vụ", "Department of Foreign Affairs"},
	{"H57.15", "Thanh tra thành phố", "City Inspectorate"},
	{"H57.16", "Ban Quản lý Khu kinh tế, công nghiệp", "Management Board of Economic and Industrial Zones"},
	{"H57.20", "Ban Chỉ huy Phòng thủ dân sự thành phố", "City Civil Defence Command"},
	{"H57.30", "Trung tâm Bảo tồn Di tích Cố đô Huế", "Huế Monuments Conservation Centre"},
	{"H57.31", "Trung tâm Công viên Cây xanh", "Parks and Trees Centre"},
	{"H57.32", "Công ty Cổ phần Môi trường và Công trình đô thị", "Urban Environment and Public Works Company"},
	{"H57.33", "Công ty Cổ phần Cấp nước", "Water Supply Company"},
	{"H57.34", "Công ty Điện lực", "Power Company"},
	{"H57.35", "Bưu điện thành phố", "City Post"},
	{"H57.40", "Công an thành phố", "City Police"},
	{"H57.41", "Ban Chỉ huy Bộ đội Biên phòng", "Border Guard Command"},
	{"H57.42", "Bộ Chỉ huy Quân sự thành phố", "City Military Command"},
	{"H57.50", "Đài Khí tượng Thủy văn thành phố", "City Hydro-Meteorological Station"},
}

// service is a type of service that people ask for by Open311.
type service struct {
	code, name, nameEN string
	category           systems.ReportCategory
	agency             string // the department that answers for it
	local              bool   // the unit's own committee answers first
	share              float64
	allowed            time.Duration // from the report to the day it is to be handled
	seen, done         []string      // what people write, and what the agency answers
}

var services = []service{
	{"ROAD_DAMAGE", "Đường hư hỏng", "Road damage", "INFRASTRUCTURE", "H57.05", false, 9, 240 * time.Hour,
		[]string{"Mặt đường xuất hiện ổ gà sâu, xe máy đi qua dễ ngã, nhất là khi trời mưa.", "Đoạn đường bong tróc nhựa, đá dăm văng ra hai bên.",
			"Nắp hố ga bị sụt thấp hơn mặt đường, rất nguy hiểm vào ban đêm.", "Sau khi đào đặt ống ngầm, đơn vị thi công hoàn trả mặt đường không bằng phẳng."},
		[]string{"Đã dặm vá, hoàn trả mặt đường.", "Đã thay nắp hố ga và vá lại mặt đường xung quanh.", "Đã yêu cầu đơn vị thi công hoàn trả mặt đường; kiểm tra đạt yêu cầu."}},
	{"FLOODING", "Ngập úng, thoát nước", "Flooding and drainage", "INFRASTRUCTURE", "H57.05", false, 5, 72 * time.Hour,
		[]string{"Nước ngập khoảng 30 cm, xe máy chết máy hàng loạt.", "Cống thoát nước bị tắc, nước tràn lên vỉa hè mỗi khi mưa.", "Đường ngập sâu, đề nghị cắm biển cảnh báo và chặn xe.",
			"Nước lên nhanh tại khu dân cư trũng thấp, đề nghị kiểm tra cửa cống."},
		[]string{"Đã khơi thông cống, nước đã rút.", "Đã cắm biển cảnh báo; nước rút, giao thông trở lại bình thường.", "Đã nạo vét hố thu nước và vận hành trạm bơm."}},
	{"STREET_LIGHT", "Đèn chiếu sáng", "Street light", "INFRASTRUCTURE", "H57.05", false, 7, 120 * time.Hour,
		[]string{"Đèn đường tắt nhiều đêm liền, cả đoạn tối đen.", "Bóng đèn chiếu sáng nhấp nháy liên tục.", "Trụ đèn bị nghiêng sau va chạm, dây điện lộ ra ngoài."},
		[]string{"Đã thay bóng, tuyến đèn sáng trở lại.", "Đã sửa chữa tủ điều khiển chiếu sáng.", "Đã dựng lại trụ đèn và bảo đảm an toàn điện."}},
	{"GARBAGE", "Rác thải", "Waste", "ENVIRONMENT", "H57.12", true, 14, 72 * time.Hour,
		[]string{"Rác sinh hoạt tồn đọng nhiều ngày chưa được thu gom, bốc mùi hôi.", "Có người đổ trộm xà bần ở khu đất trống.", "Thùng rác công cộng đầy tràn, chó mèo bới tung ra đường.",
			"Bờ kè đầy rác sau đợt nước lên."},
		[]string{"Đã thu gom, vệ sinh sạch sẽ khu vực.", "Đã bố trí thêm thùng rác và nhắc nhở các hộ xung quanh.", "Đã phối hợp đơn vị môi trường dọn xà bần, cắm biển cấm đổ rác."}},
	{"TREE", "Cây xanh", "Trees", "INFRASTRUCTURE", "H57.31", false, 6, 120 * time.Hour,
		[]string{"Cành cây khô lớn có nguy cơ gãy xuống đường.", "Cây bóng mát nghiêng sau gió mạnh, đề nghị chống đỡ.", "Cây gãy đổ chắn ngang lối đi.", "Tán cây che khuất đèn tín hiệu giao thông."},
		[]string{"Đã cắt tỉa, thu dọn cành khô.", "Đã dựng lại và chống đỡ cây.", "Đã cưa, thu dọn cây gãy đổ, trả lại mặt đường."}},
	{"NOISE", "Tiếng ồn", "Noise", "ENVIRONMENT", "H57.12", true, 7, 48 * time.Hour,
		[]string{"Hát karaoke loa kéo công suất lớn đến khuya.", "Công trình thi công gây ồn ngoài giờ quy định.", "Quán nhậu mở nhạc quá lớn sau 22 giờ.", "Xưởng cơ khí gây ồn giờ nghỉ trưa."},
		[]string{"Đã kiểm tra, nhắc nhở; chủ cơ sở cam kết không tái phạm.", "Đã lập biên bản, xử phạt vi phạm hành chính.", "Đã làm việc với đơn vị thi công, điều chỉnh giờ làm."}},
	{"TRAFFIC", "Trật tự, an toàn giao thông", "Traffic order", "TRAFFIC", "H57.40", false, 9, 120 * time.Hour,
		[]string{"Xe tải chạy vào giờ cấm, phóng nhanh qua khu dân cư.", "Nhiều xe đi ngược chiều vào giờ tan tầm.", "Ùn tắc kéo dài trước cổng trường giờ đón học sinh.", "Nhóm thanh niên tụ tập nẹt pô về đêm."},
		[]string{"Đã bố trí lực lượng tuần tra, xử lý vi phạm.", "Đã trích xuất camera, mời chủ phương tiện làm việc.", "Đã phân luồng, bố trí lực lượng trực giờ cao điểm."}},
	{"TRAFFIC_SIGNAL", "Đèn tín hiệu, biển báo", "Signals and signs", "TRAFFIC", "H57.05", false, 3, 72 * time.Hour,
		[]string{"Đèn tín hiệu giao thông không hoạt động.", "Biển báo bị che khuất, người lạ đường không thấy.", "Vạch sơn qua đường đã mờ hẳn.", "Đèn xanh quá ngắn so với lưu lượng xe."},
		[]string{"Đã sửa chữa, đèn tín hiệu hoạt động bình thường.", "Đã di dời, thay biển báo mới.", "Đã điều chỉnh chu kỳ đèn."}},
	{"PARKING", "Dừng, đỗ xe sai quy định", "Wrong parking", "TRAFFIC", "H57.40", false, 5, 72 * time.Hour,
		[]string{"Ô tô đỗ trên vỉa hè, người đi bộ phải xuống lòng đường.", "Xe khách dừng đón trả khách không đúng nơi quy định.", "Ô tô đỗ chắn lối ra vào kiệt."},
		[]string{"Đã nhắc nhở, di chuyển phương tiện.", "Đã lập biên bản xử phạt.", "Đã xử lý qua hình ảnh camera."}},
	{"SIDEWALK", "Lấn chiếm vỉa hè, lòng đường", "Pavement encroachment", "INFRASTRUCTURE", "H57.05", true, 6, 168 * time.Hour,
		[]string{"Hàng quán bày bàn ghế kín vỉa hè.", "Cửa hàng đặt bục dắt xe lấn ra lòng đường.", "Vật liệu xây dựng tập kết trên vỉa hè cả tuần.", "Họp chợ tự phát dưới lòng đường vào buổi sáng."},
		[]string{"Đã ra quân lập lại trật tự, trả lại vỉa hè thông thoáng.", "Đã nhắc nhở, hộ kinh doanh tự tháo dỡ.", "Đã xử phạt và yêu cầu cam kết."}},
	{"POWER", "Sự cố điện", "Power", "UTILITIES", "H57.34", false, 4, 24 * time.Hour,
		[]string{"Mất điện cả khu vực từ sáng đến giờ.", "Dây điện sà thấp gần mái nhà.", "Trụ điện nghiêng, có nguy cơ đổ.", "Tia lửa điện phát ra ở hộp công tơ."},
		[]string{"Đã khắc phục, cấp điện trở lại.", "Đã căng lại dây, gia cố trụ.", "Đã thay thiết bị hư hỏng."}},
	{"WATER", "Cấp nước", "Water supply", "UTILITIES", "H57.33", false, 4, 24 * time.Hour,
		[]string{"Nước sinh hoạt yếu, không lên được tầng hai.", "Vỡ ống nước, nước chảy tràn mặt đường.", "Nước máy có màu đục sau khi sửa ống.", "Mất nước từ tối qua."},
		[]string{"Đã sửa chữa đường ống, cấp nước ổn định.", "Đã súc xả tuyến ống, nước trong trở lại.", "Đã điều chỉnh áp lực."}},
	{"TELECOM", "Viễn thông, cáp treo", "Telecom and cables", "UTILITIES", "H57.02", false, 2.5, 240 * time.Hour,
		[]string{"Cáp viễn thông chùng xuống ngang đầu người đi đường.", "Tủ cáp bị bung cửa, dây lòi ra ngoài.", "Sóng di động rất yếu ở khu vực này."},
		[]string{"Đã bó gọn, treo lại cáp.", "Đã sửa tủ cáp.", "Nhà mạng đã bổ sung trạm phát sóng lưu động."}},
	{"SECURITY", "An ninh trật tự", "Public order", "PUBLIC_ORDER", "H57.40", false, 3.5, 48 * time.Hour,
		[]string{"Nhóm người gây gổ, mất trật tự trong công viên.", "Xuất hiện đối tượng chèo kéo du khách.", "Nghi có tụ điểm cờ bạc.", "Trộm cắp vặt xảy ra nhiều lần gần đây."},
		[]string{"Đã cử lực lượng giải tán, ổn định tình hình.", "Đã xác minh, xử lý theo quy định.", "Đã tăng cường tuần tra khép kín địa bàn."}},
	{"POLLUTION", "Ô nhiễm môi trường", "Pollution", "ENVIRONMENT", "H57.12", false, 4, 240 * time.Hour,
		[]string{"Nước thải màu đen xả ra mương, mùi rất khó chịu.", "Đốt rơm rạ khói mù mịt che khuất tầm nhìn.", "Trại chăn nuôi gây mùi hôi cho khu dân cư.", "Cá chết nổi nhiều trên mặt hồ."},
		[]string{"Đã lấy mẫu, kiểm tra và xử phạt cơ sở vi phạm.", "Đã yêu cầu chấm dứt hành vi đốt, tuyên truyền cho các hộ.", "Đã xử lý mùi, cơ sở cam kết khắc phục."}},
	{"CONSTRUCTION", "Trật tự xây dựng", "Building order", "CONSTRUCTION", "H57.05", true, 3, 240 * time.Hour,
		[]string{"Công trình xây dựng không treo biển báo, nghi không phép.", "Cơi nới lấn sang lối đi chung.", "Xây dựng che chắn sơ sài, bụi và vật liệu rơi xuống đường."},
		[]string{"Đã kiểm tra: công trình có giấy phép, đã yêu cầu che chắn.", "Đã đình chỉ thi công, lập hồ sơ xử lý.", "Đã yêu cầu tháo dỡ phần vi phạm."}},
	{"FOOD_SAFETY", "An toàn thực phẩm", "Food safety", "FOOD_SAFETY", "H57.09", false, 1, 120 * time.Hour,
		[]string{"Quán ăn trước cổng trường không bảo đảm vệ sinh.", "Nghi thực phẩm quá hạn bày bán."},
		[]string{"Đã kiểm tra, nhắc nhở và lấy mẫu xét nghiệm.", "Đã xử phạt, buộc tiêu hủy hàng quá hạn."}},
	{"HEALTH", "Y tế, dịch bệnh", "Health", "HEALTH", "H57.09", false, 1, 120 * time.Hour,
		[]string{"Khu vực có nhiều ca sốt xuất huyết, đề nghị phun hóa chất.", "Chờ khám quá lâu dù đã đặt lịch."},
		[]string{"Đã phun hóa chất diệt muỗi toàn khu vực.", "Đã chấn chỉnh, bổ sung bàn khám."}},
	{"EDUCATION", "Giáo dục", "Education", "EDUCATION", "H57.10", false, 1, 168 * time.Hour,
		[]string{"Đề nghị làm rõ các khoản thu đầu năm học.", "Tường rào trường học xuống cấp."},
		[]string{"Đã kiểm tra, công khai các khoản thu.", "Đã gia cố tường rào."}},
	{"TOURISM", "Văn hóa, du lịch", "Culture and tourism", "CULTURE_TOURISM", "H57.11", false, 1, 120 * time.Hour,
		[]string{"Bãi giữ xe gần điểm tham quan thu cao hơn niêm yết.", "Biển chỉ dẫn di tích bị hỏng."},
		[]string{"Đã kiểm tra, xử phạt và yêu cầu niêm yết giá.", "Đã thay biển chỉ dẫn mới."}},
	{"ADVERTISING", "Quảng cáo sai quy định", "Advertising", "ADVERTISING", "H57.07", false, 1.2, 168 * time.Hour,
		[]string{"Tờ rơi dán kín trụ điện.", "Biển quảng cáo che khuất tầm nhìn ở ngã tư.", "Màn hình LED quá sáng về đêm."},
		[]string{"Đã bóc xóa quảng cáo trái phép.", "Đã yêu cầu tháo dỡ.", "Đã yêu cầu giảm độ sáng sau 22 giờ."}},
	{"PUBLIC_SERVICE", "Dịch vụ công", "Public service", "PUBLIC_SERVICE", "H57.03", false, 1.2, 120 * time.Hour,
		[]string{"Hồ sơ quá hẹn nhưng chưa nhận được thông báo.", "Không nộp được hồ sơ trực tuyến do lỗi tải tệp."},
		[]string{"Đã giải quyết hồ sơ và có thư xin lỗi.", "Đã khắc phục lỗi hệ thống."}},
	{"ANIMAL", "Vật nuôi thả rông", "Stray animals", "OTHER", "H57.12", true, 1.5, 120 * time.Hour,
		[]string{"Chó thả rông không rọ mõm ở khu dân cư.", "Trâu bò đi trên đường quốc lộ vào buổi tối."},
		[]string{"Đã nhắc nhở các hộ nuôi, tổ chức bắt giữ vật nuôi thả rông.", "Đã lập biên bản, xử phạt."}},
	{"RESCUE", "Cứu hộ, cứu nạn", "Rescue", "DISASTER", "H57.20", false, 0.25, 6 * time.Hour,
		[]string{"Nước dâng cao, nhà có người già và trẻ nhỏ cần di dời.", "Khu vực bị cô lập, cần lương thực và nước uống.", "Thuyền nhỏ bị lật, cần hỗ trợ khẩn cấp."},
		[]string{"Đã tiếp cận, đưa người đến nơi an toàn.", "Đã chuyển nhu yếu phẩm đến các hộ bị cô lập."}},
	{"LANDSLIDE", "Sạt lở", "Landslide", "DISASTER", "H57.20", false, 0.4, 24 * time.Hour,
		[]string{"Đất đá sạt xuống nửa mặt đường.", "Bờ sông sạt lở ăn sâu vào vườn.", "Vết nứt lớn xuất hiện trên sườn đồi sau nhà."},
		[]string{"Đã dọn đất đá, thông đường một chiều.", "Đã di dời các hộ nguy hiểm, cắm biển cảnh báo.", "Đã gia cố tạm bằng rọ đá."}},
	{"OTHER", "Phản ánh khác", "Other", "OTHER", "H57.01", false, 1.5, 168 * time.Hour,
		[]string{"Đề nghị bổ sung ghế đá ở công viên.", "Góp ý về lịch chạy xe buýt.", "Hỏi thông tin về lịch lễ hội."},
		[]string{"Đã tiếp thu, trả lời.", "Đã chuyển góp ý đến đơn vị liên quan và trả lời."}},
}
