package mvt

import (
	"slices"

	"github.com/paulmach/orb"
)

// Options say how a layer's geometries are fitted to the tile.
type Options struct {
	// Buffer is how far beyond the tile's edge geometry is kept, in tile units
	// up to Extent. 0 means 64; anything below 0 means none.
	Buffer int

	// Tolerance is how far, in tile units, a simplified line may stray from the
	// one whose positions are only rounded to whole units, as they are with 0.
	Tolerance float64
}

// Encoder builds one layer at a time. Its memory is used again by the next
// layer, so it is worth keeping, in a sync.Pool say; the zero Encoder is ready
// for Begin. It is for one goroutine.
//
// A feature takes a key once at most; for a NULL set nothing.
type Encoder struct {
	name      string
	frame     frame
	low, high float64 // the buffered tile's edges
	tolerance float64

	keys     []string
	values   dictionary
	features []byte // finished, each a field of the layer
	count    int

	// The open feature. It is written to features as it comes, its geometry
	// first, with a byte left for each of its lengths.
	open     bool
	numbered bool
	id       uint64
	mark     int    // where it begins
	tags     int    // where its tags begin
	wide     []byte // used where a length needs more than its byte

	geom        []byte
	pen         [2]int32    // where the last command of geom left it
	ring, spare []orb.Point // the cells being worked on, and what becomes of them
	stack       []int       // of simplify
}

// Key is a property's name in the layer that was begun last.
type Key uint32

// kind is MVT's GeomType.
type kind byte

const (
	points kind = iota + 1
	lines
	polygons
)

// Fields of the format, as protobuf writes them: number<<3 | wire type.
const (
	tileLayer = 3<<3 | 2

	layerName    = 1<<3 | 2
	layerFeature = 2<<3 | 2
	layerKey     = 3<<3 | 2
	layerValue   = 4<<3 | 2
	layerExtent  = 5 << 3
	layerVersion = 15 << 3

	featureID       = 1 << 3
	featureTags     = 2<<3 | 2
	featureKind     = 3 << 3
	featureGeometry = 4<<3 | 2
)

// Begin starts a layer of a valid tile and forgets the former one. Within a tile
// each layer needs a name of its own.
func (e *Encoder) Begin(t Tile, name string, o Options) {
	buffer := float64(min(max(o.Buffer, 0), Extent))
	if o.Buffer == 0 {
		buffer = 64
	}
	e.name, e.tolerance = name, o.Tolerance
	e.frame.place(t)
	e.low, e.high = -buffer, Extent+buffer
	e.keys, e.features, e.count = e.keys[:0], e.features[:0], 0
	e.values.reset()
	e.open = false
}

// Key gives the layer's key of a name, for as long as the layer lasts. Ask once
// a layer, not once a feature. It is written even if no feature comes to use it.
func (e *Encoder) Key(name string) Key {
	at := slices.Index(e.keys, name)
	if at < 0 {
		at = len(e.keys)
		e.keys = append(e.keys, name)
	}
	return Key(at)
}

// PointAt opens a feature at a position in degrees, and reports whether it did:
// not beyond the tile and its buffer, and not at a NaN.
func (e *Encoder) PointAt(lon, lat float64) bool {
	x, y := e.frame.cell(lon, lat)
	if !e.holds(x, y) {
		e.close()
		return false
	}
	e.openPoint(int32(x), int32(y))
	return true
}

// Point is PointAt for a position in tile units.
func (e *Encoder) Point(x, y int32) bool {
	if !e.holds(float64(x), float64(y)) {
		e.close()
		return false
	}
	e.openPoint(x, y)
	return true
}

// holds is false for NaN.
func (e *Encoder) holds(x, y float64) bool {
	return x >= e.low && x <= e.high && y >= e.low && y <= e.high
}

func (e *Encoder) openPoint(x, y int32) {
	u, v := zigzag(x), zigzag(y)
	if u < 0x80 || v < 0x80 || u|v >= 0x80<<7 {
		e.start()
		e.geom = appendVarint(appendVarint(append(e.geom, 1<<3|moveTo), u), v)
		e.begin(points)
		return
	}
	// Nearly all points have two bytes for x and two for y.
	e.close()
	e.open, e.numbered, e.mark = true, false, len(e.features)
	e.features = append(e.features, layerFeature, 0, featureKind, byte(points), featureGeometry, 5,
		1<<3|moveTo, byte(u)|0x80, byte(u>>7), byte(v)|0x80, byte(v>>7), featureTags, 0)
	e.tags = len(e.features)
}

// start makes room for a feature's geometry; begin then opens the feature.
func (e *Encoder) start() {
	e.close()
	e.geom, e.pen = e.geom[:0], [2]int32{}
}

func (e *Encoder) begin(k kind) {
	e.open, e.numbered, e.mark = true, false, len(e.features)
	b := append(e.features, layerFeature, 0, featureKind, byte(k))
	e.features = append(appendField(b, featureGeometry, e.geom), featureTags, 0)
	e.tags = len(e.features)
}

// ID sets MVT's own id of the open feature, which clients want to be unique in
// the layer. Ids that are text are a property, for which see Unique.
func (e *Encoder) ID(id uint64) { e.id, e.numbered = id, true }

// String sets a property of the open feature, in UTF-8. Equal values are written
// once a layer. The bytes are not kept.
func (e *Encoder) String(k Key, value []byte) {
	if e.open {
		e.tag(k, e.values.text(value))
	}
}

// Unique is String for a value that no other feature has, such as an id: it is
// quicker, since it looks for no equal one.
func (e *Encoder) Unique(k Key, value []byte) {
	if e.open {
		e.tag(k, e.values.unique(value))
	}
}

// Float sets a property of the open feature to a double.
func (e *Encoder) Float(k Key, value float64) {
	if e.open {
		e.tag(k, e.values.double(value))
	}
}

// Int sets a property of the open feature to a whole number. Clients in
// JavaScript read it exactly up to 2^53.
func (e *Encoder) Int(k Key, value int64) {
	if e.open {
		e.tag(k, e.values.integer(value))
	}
}

// Bool sets a property of the open feature to true or false.
func (e *Encoder) Bool(k Key, value bool) {
	if e.open {
		e.tag(k, e.values.boolean(value))
	}
}

func (e *Encoder) tag(k Key, value uint32) {
	switch {
	case k < 0x80 && value < 0x80:
		e.features = append(e.features, byte(k), byte(value))
	case k < 0x80 && value < 0x80<<7:
		e.features = append(e.features, byte(k), byte(value)|0x80, byte(value>>7))
	default:
		e.features = appendVarint(appendVarint(e.features, uint64(k)), uint64(value))
	}
}

// close finishes the open feature.
func (e *Encoder) close() {
	if !e.open {
		return
	}
	e.open = false
	e.count++
	tags := len(e.features) - e.tags
	if tags == 0 {
		e.features = e.features[:e.tags-2]
	}
	if e.numbered {
		e.features = appendVarint(append(e.features, featureID), e.id)
	}
	size := len(e.features) - e.mark - 2
	switch {
	case size >= 0x80:
		e.widen(tags)
	case tags > 0:
		e.features[e.tags-1] = byte(tags)
		fallthrough
	default:
		e.features[e.mark+1] = byte(size)
	}
}

// widen writes the closed feature again, with longer lengths.
func (e *Encoder) widen(tags int) {
	e.wide = append(e.wide[:0], e.features[e.mark+2:]...)
	if tags == 0 {
		e.features = appendField(e.features[:e.mark], layerFeature, e.wide)
		return
	}
	at := e.tags - e.mark - 2 // of the tags in wide
	size := len(e.wide) - tags - 2 + fieldSize(tags)
	b := appendVarint(append(e.features[:e.mark], layerFeature), uint64(size))
	b = append(b, e.wide[:at-2]...)
	b = appendField(b, featureTags, e.wide[at:at+tags])
	e.features = append(b, e.wide[at+tags:]...)
}

// Len is how many features the layer has.
func (e *Encoder) Len() int {
	if e.open {
		return e.count + 1
	}
	return e.count
}

// Cap is about how many bytes of memory the Encoder holds, for a pool that keeps
// only the small ones.
func (e *Encoder) Cap() int {
	return cap(e.features) + e.values.cap() + cap(e.geom) + cap(e.wide) + 16*(cap(e.ring)+cap(e.spare))
}

// Append appends the layer as it stands, or nothing if it has no feature. Layers
// of one tile are appended one after another.
func (e *Encoder) Append(to []byte) []byte {
	e.close()
	if e.count == 0 {
		return to
	}
	size := 2 + fieldSize(len(e.name)) + len(e.features) + len(e.values.written) + 1 + varintSize(Extent)
	for _, key := range e.keys {
		size += fieldSize(len(key))
	}
	to = slices.Grow(to, fieldSize(size))
	to = appendVarint(append(to, tileLayer), uint64(size))
	to = append(to, layerVersion, 2)
	to = appendField(to, layerName, e.name)
	to = append(to, e.features...)
	for _, key := range e.keys {
		to = appendField(to, layerKey, key)
	}
	to = append(to, e.values.written...)
	return appendVarint(append(to, layerExtent), Extent)
}
