package postgis

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
)

// This file holds the codec: package postgis is the only one that writes ST_…,
// and the only one that knows how PostGIS's types travel.

// wgs84 is the SRID of a geometry that doesn't say.
const wgs84 = 4326

// Shape is a geometry in another SRID than 4326, to write; scanned into, it tells
// the SRID too. A Shape of no Geometry is NULL.
type Shape struct {
	orb.Geometry
	SRID int
}

// Register teaches conn PostGIS's geometry and geography, and arrays of them, in
// binary: it is for pgxpool's AfterConnect. Without it pgx returns them as hex.
//
// Any orb.Geometry is written as EWKB in SRID 4326, a [Shape] in its own, []byte
// as the EWKB it is. They are read into *orb.Geometry (NULL is nil), a pointer to
// the concrete type, *Shape, or *[]byte (EWKB). Arrays are slices of these;
// elements that may be NULL take []orb.Geometry.
func Register(ctx context.Context, conn *pgx.Conn) error {
	// By extension and not by name: PostGIS may live in any schema.
	rows, err := conn.Query(ctx, `
		SELECT t.typname::text, t.oid, t.typarray
		FROM pg_extension e
		JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
			AND d.classid = 'pg_type'::regclass AND d.deptype = 'e'
		JOIN pg_type t ON t.oid = d.objid
		WHERE e.extname = 'postgis' AND t.typname IN ('geometry', 'geography')`)
	if err != nil {
		return fmt.Errorf("look up PostGIS's types: %w", err)
	}
	var name string
	var oid, arrayOID uint32
	found := false
	_, err = pgx.ForEachRow(rows, []any{&name, &oid, &arrayOID}, func() error {
		types := conn.TypeMap()
		element := &pgtype.Type{Name: name, OID: oid, Codec: codec{}}
		types.RegisterType(element)
		types.RegisterType(&pgtype.Type{Name: "_" + name, OID: arrayOID, Codec: arrayCodec{&pgtype.ArrayCodec{
			ElementType: element,
			Delimiter:   ':', // PostGIS's own, so that hex needs no quotes
		}}})
		found = found || name == "geometry"
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up PostGIS's types: %w", err)
	}
	if !found {
		return errors.New("look up PostGIS's types: the database has no extension postgis")
	}
	return nil
}

// codec is pgtype.Codec for geometry and geography.
type codec struct{}

func (codec) FormatSupported(format int16) bool {
	return format == pgtype.BinaryFormatCode || format == pgtype.TextFormatCode
}

func (codec) PreferredFormat() int16 { return pgtype.BinaryFormatCode }

func (codec) PlanEncode(_ *pgtype.Map, _ uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case orb.Geometry, []byte: // Shape is an orb.Geometry too
		return encodePlan{format}
	}
	return nil
}

type encodePlan struct{ format int16 }

func (p encodePlan) Encode(value any, buf []byte) ([]byte, error) {
	data, err := encode(value)
	if err != nil || data == nil {
		return nil, err
	}
	if p.format == pgtype.TextFormatCode {
		return hex.AppendEncode(buf, data), nil
	}
	return append(buf, data...), nil
}

func encode(value any) ([]byte, error) {
	srid := wgs84
	switch v := value.(type) {
	case []byte:
		return v, nil
	case Shape:
		if v.Geometry == nil {
			return nil, nil
		}
		value, srid = v.Geometry, v.SRID
	}
	data, err := ewkb.Marshal(value.(orb.Geometry), srid)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", value, err)
	}
	return data, nil
}

func (codec) PlanScan(_ *pgtype.Map, _ uint32, format int16, target any) pgtype.ScanPlan {
	switch target.(type) {
	case *orb.Geometry:
		return scanPlan[orb.Geometry]{format}
	case *orb.Point:
		return scanPlan[orb.Point]{format}
	case *orb.MultiPoint:
		return scanPlan[orb.MultiPoint]{format}
	case *orb.LineString:
		return scanPlan[orb.LineString]{format}
	case *orb.MultiLineString:
		return scanPlan[orb.MultiLineString]{format}
	case *orb.Polygon:
		return scanPlan[orb.Polygon]{format}
	case *orb.MultiPolygon:
		return scanPlan[orb.MultiPolygon]{format}
	case *orb.Collection:
		return scanPlan[orb.Collection]{format}
	case *Shape:
		return scanShape{format}
	case *[]byte:
		return scanBytes{format}
	}
	return nil
}

type scanPlan[T orb.Geometry] struct{ format int16 }

func (p scanPlan[T]) Scan(src []byte, target any) error {
	shape, err := decode(p.format, src)
	if err != nil {
		return err
	}
	to := target.(*T)
	if shape.Geometry == nil {
		var zero T
		if any(zero) != nil {
			return fmt.Errorf("scan geometry: NULL into %T; scan into *orb.Geometry", target)
		}
		*to = zero
		return nil
	}
	g, ok := shape.Geometry.(T)
	if !ok {
		return fmt.Errorf("scan geometry: a %s into %T", shape.GeoJSONType(), target)
	}
	*to = g
	return nil
}

type scanShape struct{ format int16 }

func (p scanShape) Scan(src []byte, target any) error {
	shape, err := decode(p.format, src)
	if err != nil {
		return err
	}
	*target.(*Shape) = shape
	return nil
}

type scanBytes struct{ format int16 }

func (p scanBytes) Scan(src []byte, target any) error {
	data, err := binaryOf(p.format, src)
	if err != nil {
		return err
	}
	// The row's buffer is pgx's again once the row is read.
	*target.(*[]byte) = slices.Clone(data)
	return nil
}

func decode(format int16, src []byte) (Shape, error) {
	data, err := binaryOf(format, src)
	if err != nil || data == nil {
		return Shape{}, err
	}
	g, srid, err := ewkb.Unmarshal(data)
	if err != nil {
		return Shape{}, fmt.Errorf("scan geometry: %w", err)
	}
	if p, ok := g.(orb.Point); ok && math.IsNaN(p[0]) {
		return Shape{}, errors.New("scan geometry: POINT EMPTY has no coordinates")
	}
	return Shape{g, srid}, nil
}

func binaryOf(format int16, src []byte) ([]byte, error) {
	if format != pgtype.TextFormatCode || src == nil {
		return src, nil
	}
	data := make([]byte, hex.DecodedLen(len(src)))
	if _, err := hex.Decode(data, src); err != nil {
		return nil, fmt.Errorf("scan geometry: %w", err)
	}
	return data, nil
}

func (codec) DecodeDatabaseSQLValue(_ *pgtype.Map, _ uint32, format int16, src []byte) (driver.Value, error) {
	if src == nil {
		return nil, nil
	}
	data, err := binaryOf(format, src)
	return slices.Clone(data), err
}

func (codec) DecodeValue(_ *pgtype.Map, _ uint32, format int16, src []byte) (any, error) {
	shape, err := decode(format, src)
	if err != nil || shape.Geometry == nil {
		return nil, err
	}
	return shape.Geometry, nil
}

// arrayCodec keeps pgx from taking a slice of slices, which most geometries are,
// for an array of two dimensions.
type arrayCodec struct{ *pgtype.ArrayCodec }

func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	flat := flatten(value)
	if flat == nil {
		return c.ArrayCodec.PlanEncode(m, oid, format, value)
	}
	if next := c.ArrayCodec.PlanEncode(m, oid, format, flat); next != nil {
		return encodeFlat{next}
	}
	return nil
}

type encodeFlat struct{ next pgtype.EncodePlan }

func (p encodeFlat) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(flatten(value), buf)
}

func (c arrayCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	flat := flatten(target)
	if flat == nil {
		return c.ArrayCodec.PlanScan(m, oid, format, target)
	}
	if next := c.ArrayCodec.PlanScan(m, oid, format, flat); next != nil {
		return scanFlat{next}
	}
	return nil
}

type scanFlat struct{ next pgtype.ScanPlan }

func (p scanFlat) Scan(src []byte, target any) error { return p.next.Scan(src, flatten(target)) }

// flatten gives a slice of geometries, or a pointer to one, as pgx's array of one
// dimension, and nil for anything else.
func flatten(v any) any {
	for _, as := range []func(any) any{
		flat[orb.Geometry], flat[orb.Point], flat[orb.MultiPoint], flat[orb.LineString], flat[orb.MultiLineString],
		flat[orb.Polygon], flat[orb.MultiPolygon], flat[orb.Collection], flat[Shape],
	} {
		if array := as(v); array != nil {
			return array
		}
	}
	return nil
}

func flat[T any](v any) any {
	switch v := v.(type) {
	case []T:
		return pgtype.FlatArray[T](v)
	case *[]T:
		return (*pgtype.FlatArray[T])(v)
	}
	return nil
}
