// Package cef reads security events: ArcSight's Common Event Format (CEF 0 and
// 1) in syslog messages of RFC 5424, as they come over TCP in either framing
// of RFC 6587, or from a file.
//
// The one rule: a frame is told by how it begins, each anew: digits, a space
// and "<" begin one that counts its octets, all else is a line. A count that
// does not end where a message ends, or a frame longer than formats.MaxRecord,
// is refused, and the next frame is looked for behind it.
//
// In the header \| and \\ are escapes, in the extension \= \\ \n and \r; any
// other backslash, as Windows paths have it, stands for itself, and so does an
// "=" that no key precedes (request=https://hue.gov.vn/?a=b). Keys are kept as
// they are; what cs1Label and its like name is in Labels as well. Messages of
// RFC 3164 and lines without a syslog header are understood; their times have
// no year, and none of them an offset: Options say what they mean.
//
//	err := cef.Decode(conn, formats.Sink[cef.Event]{Record: store, Refuse: quarantine})
package cef
