package persisted

// This file takes JSON apart that the hub has printed itself: it is compact and
// right, so that no more has to be looked at than where values end.

// members hands on each member of an object: its key, which holds no escapes, and
// its value.
func members(object []byte, take func(key, value []byte)) {
	if len(object) == 0 || object[0] != '{' {
		return
	}
	for i := 1; i < len(object) && object[i] != '}'; i++ {
		end := skip(object, i)
		key := object[i+1 : end-1]
		i = skip(object, end+1)
		take(key, object[end+1:i:i])
		if object[i] == '}' {
			return
		}
	}
}

// elements hands on each value of a list.
func elements(list []byte, take func(value []byte)) {
	if len(list) == 0 || list[0] != '[' {
		return
	}
	for i := 1; i < len(list) && list[i] != ']'; i++ {
		end := skip(list, i)
		take(list[i:end:end])
		if i = end; list[i] == ']' {
			return
		}
	}
}

// skip gives where the value that begins at i ends.
func skip(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			i++
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
		default:
			for i++; i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']'; i++ {
			}
		}
		if depth == 0 {
			return i
		}
	}
}
