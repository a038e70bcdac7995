package media

import (
	"bytes"
	"encoding/binary"
)

// bare is a picture without what a telephone writes beside it: where it was
// taken, with which device, by whom. Which way is up stays. What can't be read
// stays as it is.
func bare(body []byte, mimeType string) []byte {
	switch mimeType {
	case "image/jpeg":
		return bareJPEG(body)
	case "image/png":
		return barePNG(body)
	}
	return body
}

// JPEG's markers.
const (
	soi, sos, eoi = 0xd8, 0xda, 0xd9
	app0, app1    = 0xe0, 0xe1
	app2, app14   = 0xe2, 0xee // colours: ICC profile, Adobe
	app15, com    = 0xef, 0xfe
)

// segments hands each segment before the picture itself to visit: the marker,
// the whole segment and its content. It gives where the picture begins; false
// when the file is none.
func segments(body []byte, visit func(marker byte, whole, content []byte)) (int, bool) {
	if len(body) < 4 || body[0] != 0xff || body[1] != soi {
		return 0, false
	}
	for at := 2; at+4 <= len(body); {
		marker := body[at+1]
		switch {
		case body[at] != 0xff:
			return 0, false
		case marker == 0xff: // a fill byte
			at++
			continue
		case marker == sos || marker == eoi:
			return at, true
		}
		size := int(binary.BigEndian.Uint16(body[at+2:]))
		if size < 2 || at+2+size > len(body) {
			return 0, false
		}
		visit(marker, body[at:at+2+size], body[at+4:at+2+size])
		at += 2 + size
	}
	return 0, false
}

func bareJPEG(body []byte) []byte {
	out := append(make([]byte, 0, len(body)), 0xff, soi)
	if turn := orientation(body); turn > 1 {
		out = append(out, exifOf(turn)...)
	}
	begins, ok := segments(body, func(marker byte, whole, _ []byte) {
		keeps := marker < app1 || marker > app15 || marker == app2 || marker == app14
		if keeps && marker != com {
			out = append(out, whole...)
		}
	})
	if !ok {
		return body
	}
	return append(out, body[begins:]...)
}

var exifHeader = []byte("Exif\x00\x00")

// orientation is EXIF's of a JPEG, 1 to 8; 1 when it says none.
func orientation(body []byte) int {
	found := 1
	segments(body, func(marker byte, _, content []byte) {
		if tiff, ok := bytes.CutPrefix(content, exifHeader); ok && marker == app1 {
			if o := orientationOf(tiff); o >= 1 && o <= 8 {
				found = o
			}
		}
	})
	return found
}

// orientationTag is TIFF's number of the field.
const orientationTag = 0x0112

// orientationOf reads the first directory of a TIFF; 0 when it isn't there.
func orientationOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	n := int64(order.Uint16(tiff[at:]))
	for i := range n {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[entry:]) == orientationTag {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 0
}

// exifOf is a segment that says nothing but which way is up.
func exifOf(orientation int) []byte {
	tiff := []byte{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, orientationTag >> 8, orientationTag & 0xff, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, 0, 0, 0, 0}
	content := append(bytes.Clone(exifHeader), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, app1}, uint16(len(content)+2)), content...)
}

var pngHeader = []byte("\x89PNG\r\n\x1a\n")

// barePNG leaves out the chunks of words, times and EXIF.
func barePNG(body []byte) []byte {
	rest, ok := bytes.CutPrefix(body, pngHeader)
	if !ok {
		return body
	}
	out := append(make([]byte, 0, len(body)), pngHeader...)
	for len(rest) >= 12 {
		size := int64(binary.BigEndian.Uint32(rest)) + 12
		if size > int64(len(rest)) {
			return body
		}
		switch string(rest[4:8]) {
		case "tEXt", "zTXt", "iTXt", "eXIf", "tIME":
		default:
			out = append(out, rest[:size]...)
		}
		rest = rest[size:]
	}
	return out
}
