// Package dossier reads the dossiers of one-stop systems as their REST
// services give them: JSON arrays, or pages that hold the dossiers under data,
// items, value or content. There is no published schema; the names are those
// of Decree 61/2018 and of the National Public Service Portal (maHoSo,
// maTTHC, ngayTiepNhan, trangThai …), in any spelling of them that differs
// only in case or underscores.
//
// The rule it keeps: the applicant is never seen. Only the fields of [Record]
// come through; the names of personal ones that were there are listed under
// Dropped, of other unknown ones under Ignored, and of a refused record only
// the known fields are kept.
//
// Traps: a dossier's code is written agency-first (H57.08-240312-0012) or as
// QCVN 102:2016 had it (000.00.08.H57-240312-0012), see [Code]; the number at
// its end has three to six digits; trangThai is a number, a string or words;
// dates come as ISO 8601, as dd/MM/yyyy or as milliseconds, and without an
// offset they are Vietnam's; a promise may be put off, so dates out of order
// are kept and noted.
//
//	page, err := dossier.Decode(body, formats.Sink[dossier.Record]{Record: store, Refuse: quarantine})
package dossier
