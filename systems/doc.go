// Package systems is what the hub knows of each system: one pair of files a
// layer, x.go with the row and x.graphqls with the type. It runs no query.
//
// # Adding a system
//
// Say a layer of buoys. Five steps, and each thing is said once. First
// buoy.graphqls: the type with its fields, each with a description, a @title in
// both languages and, where it isn't as open as the layer, its @data class.
//
//	"A buoy that measures waves."
//	type Buoy @title(vi: "Phao", en: "Buoys") @data(sharing: OPEN) {
//	  "Its own code."
//	  code: String @title(vi: "Mã phao", en: "Code")
//	  "Height of the waves, metres."
//	  waveHeightM: Float @title(vi: "Độ cao sóng", en: "Wave height") @measure(unit: "m")
//	}
//
// Then buoy.go: the row, with a tag for what may be asked of each field, and the
// layer.
//
//	type Buoy struct {
//		layer.Base
//		Code        *string  `layer:"key,filter,order"`
//		WaveHeightM *float64 `layer:"filter,order,tile"`
//	}
//
//	var Buoys = layer.New[Buoy]("buoys", layer.Spec{Agency: "H57.12", Due: time.Hour, Points: true})
//
// Then migrations/NNN_buoys.sql:
//
//	CREATE TABLE buoys (LIKE features INCLUDING ALL, code text UNIQUE, wave_height_m float8);
//	SELECT announce_changes('buoys'); -- or its answers are kept for ever
//
// Then Buoys.System in All, and a sample in province, so that there is
// something to see.
//
// `make generate` writes the rest: BuoyFilter, BuoyOrder, BuoyGroup, the
// connection, the root fields buoy and buoys, the entity keys and the
// resolvers. `make test` walks All and names what was forgotten.
//
// # Tags
//
//	key     natural key of the federation: @key(fields: "code"); UNIQUE in SQL
//	filter  may be compared in a filter
//	order   lists may be ordered by it
//	group   lists may be grouped by it
//	count   large layers keep counts by it, which the migration makes: count_layer
//	tile    goes onto the map, for styling
//	text    its words are found by the filter `text`
//	for=x   the GraphQL field x is computed from it
//	hidden  is no GraphQL field itself
package systems
