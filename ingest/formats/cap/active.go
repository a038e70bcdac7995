package cap

import "time"

type key struct{ sender, identifier string }

// Active are the alerts in force at a time, in the order given: status Actual,
// msgType Alert or Update, not updated or cancelled by another Actual message
// that names it, effective, and not expired in at least one of its infos. What
// was sent after that time counts for nothing, so that the past can be asked.
//
// The order does not matter: an Update or a Cancel may stand before what it
// names. It replaces only what was sent no later than itself, whatever time of
// sending it names, so that a sender who uses an identifier again is not
// silenced. A message that stands twice is given once. Without expires an alert
// stands until another replaces it. Scope is for the caller to look at.
func Active(alerts []Alert, now time.Time) []Alert {
	replaced := map[key]time.Time{}
	for _, a := range alerts {
		if a.Status != "Actual" || a.MsgType != "Update" && a.MsgType != "Cancel" || a.Sent.After(now) {
			continue
		}
		for _, ref := range a.References {
			k := key{ref.Sender, ref.Identifier}
			if k != (key{a.Sender, a.Identifier}) && a.Sent.After(replaced[k]) {
				replaced[k] = a.Sent
			}
		}
	}
	type message struct {
		key
		sent int64
	}
	given := map[message]bool{}
	var active []Alert
	for _, a := range alerts {
		k := key{a.Sender, a.Identifier}
		m := message{k, a.Sent.UnixNano()}
		if a.Status == "Actual" && (a.MsgType == "Alert" || a.MsgType == "Update") && !given[m] && a.Sent.After(replaced[k]) && a.inForce(now) {
			active = append(active, a)
			given[m] = true
		}
	}
	return active
}

// inForce reports whether an info is effective and not expired. An alert
// without info has nothing that expires.
func (a Alert) inForce(now time.Time) bool {
	if a.Sent.After(now) {
		return false
	}
	for _, i := range a.Info {
		if (i.Effective == nil || !i.Effective.After(now)) && (i.Expires == nil || i.Expires.After(now)) {
			return true
		}
	}
	return len(a.Info) == 0
}
