package ais

// The texts of codes, in gpsd's wording where it has one.

func statusText(code Opt[int]) string {
	if !code.Valid || code.Value < 0 || code.Value > 15 {
		return ""
	}
	return [...]string{
		"Under way using engine",
		"At anchor",
		"Not under command",
		"Restricted maneuverability",
		"Constrained by her draught",
		"Moored",
		"Aground",
		"Engaged in fishing",
		"Under way sailing",
		"Reserved for HSC",
		"Reserved for WIG",
		"Power-driven vessel towing astern",
		"Power-driven vessel pushing ahead or towing alongside",
		"Reserved",
		"AIS-SART is active",
		"Not defined",
	}[code.Value]
}

func epfdText(code Opt[int]) string {
	if !code.Valid {
		return ""
	}
	switch code.Value {
	case 1:
		return "GPS"
	case 2:
		return "GLONASS"
	case 3:
		return "Combined GPS/GLONASS"
	case 4:
		return "Loran-C"
	case 5:
		return "Chayka"
	case 6:
		return "Integrated navigation system"
	case 7:
		return "Surveyed"
	case 8:
		return "Galileo"
	case 15:
		return "Internal GNSS"
	}
	return ""
}

func shipTypeText(code Opt[int]) string {
	if !code.Valid {
		return ""
	}
	switch n := code.Value; n / 10 {
	case 2:
		return craft("Wing in ground (WIG)", n%10, "Reserved for future use")
	case 3:
		return [...]string{"Fishing", "Towing", "Towing: length exceeds 200m or breadth exceeds 25m", "Dredging or underwater ops", "Diving ops", "Military ops", "Sailing", "Pleasure Craft", "Reserved", "Reserved"}[n%10]
	case 4:
		return craft("High speed craft (HSC)", n%10, "No additional information")
	case 5:
		return [...]string{"Pilot Vessel", "Search and Rescue vessel", "Tug", "Port Tender", "Anti-pollution equipment", "Law Enforcement", "Spare - Local Vessel", "Spare - Local Vessel", "Medical Transport", "Ship according to RR Resolution No. 18"}[n%10]
	case 6:
		return craft("Passenger", n%10, "No additional information")
	case 7:
		return craft("Cargo", n%10, "No additional information")
	case 8:
		return craft("Tanker", n%10, "No additional information")
	case 9:
		return craft("Other Type", n%10, "no additional information")
	}
	return ""
}

func craft(kind string, digit int, nine string) string {
	switch {
	case digit == 0:
		return kind + " - all ships of this type"
	case digit <= 4:
		return kind + " - Hazardous category " + string(rune('A'+digit-1))
	case digit <= 8:
		return kind + " - Reserved for future use"
	}
	return kind + " - " + nine
}
