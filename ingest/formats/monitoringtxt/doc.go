// Package monitoringtxt reads the text files in which Vietnam's automatic
// environmental stations send their results: Circular 10/2021/TT-BTNMT,
// article 39, before it Circular 24/2017 and official letter 5417/BTNMT-TCMT
// (2016).
//
// A file is one transmission. Its name is PROVINCE_FACILITY_STATION_time.txt
// ([ParseName]), its lines are
//
//	parameter <tab> value <tab> unit <tab> yyyyMMddHHmmss <tab> status
//
// with status 00 measuring, 01 calibrating, 02 fault of the device. Only 00 is
// a measurement; the others are kept with their [Record.Quality] and belong in
// no figure.
//
// Traps: the times are GMT+7 and say so nowhere; values have a decimal point
// or comma, and where a comma or point may part thousands the file's other
// values decide or the line is refused; units and parameters are spelt in many
// ways, so the known ones come normalised beside what was written; a file is
// sent again after an outage, so the same line comes twice; a value that is
// missing is a dash, a word or nothing, allowed only with status 01 and 02.
// Semicolons and runs of spaces are read for tabs. The text is UTF-8; other
// encodings are refused with a hint.
//
//	name, err := monitoringtxt.ParseName("HUE_PHUBAI_NT01_20251027130500.txt")
//	err = monitoringtxt.Decode(r, formats.Sink[monitoringtxt.Record]{Record: store, Refuse: quarantine})
package monitoringtxt
