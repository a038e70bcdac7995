package layer

import (
	"context"

	"github.com/jackc/pgx/v5"

	"geohub/clause"
	"geohub/geo"
	"geohub/geo/postgis"
)

// fetchUnitCounts counts the features of each layer in each unit, in two
// statements for any number of units. It counts what inUnits finds.
func (r *Reader) fetchUnitCounts(ctx context.Context, ids []int32) (map[int32][]*LayerCount, error) {
	parts, err := r.fetchUnitParts(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[int32][]*LayerCount{}
	for _, id := range ids {
		for _, s := range r.catalog.systems {
			out[id] = append(out[id], &LayerCount{Layer: Name(s.Name)})
		}
	}
	var wholeOf, whole []int32 // unit and commune
	var splitOf, split, within []int32
	var days []geo.Date
	for _, of := range ids {
		for _, p := range parts[of] {
			if p.whole {
				wholeOf, whole = append(wholeOf, of), append(whole, p.communes[0])
				continue
			}
			for _, w := range p.within {
				splitOf, split, within, days = append(splitOf, of), append(split, p.communes[0]), append(within, w), append(days, p.day)
			}
		}
	}
	var counts []clause.C
	for i, s := range r.catalog.systems {
		if !r.sees(s, "geometry") {
			continue
		}
		table, policy := r.table(s.Table), clause.And(r.policy(s))
		if !s.Points {
			counts = append(counts, clause.Of("SELECT ?::int, u.id, count(*) FROM units u JOIN ? f ON ? WHERE u.id = ANY (?) AND ? GROUP BY u.id",
				i, table, postgis.MeetsUnit(), ids, policy))
			continue
		}
		n, from := (&List{r: r, s: s, reach: &reach{}}).tally("UNIT")
		counts = append(counts, clause.Of("SELECT ?::int, k.unit, sum(c.n) FROM unnest(?::int[], ?::int[]) k(unit, commune) JOIN (SELECT f.unit_id, ? AS n FROM ? f WHERE ? GROUP BY f.unit_id) c ON c.unit_id = k.commune GROUP BY k.unit",
			i, wholeOf, whole, n, from, policy))
		if len(split) > 0 {
			counts = append(counts, clause.Of("SELECT ?::int, k.unit, count(*) FROM (?) x JOIN unnest(?::int[], ?::int[], ?::int[], ?::date[]) k(unit, commune, part, day) ON k.commune = x.commune AND k.day = x.day AND k.part = x.part GROUP BY k.unit",
				i, postgis.CommunesOn(days, true, clause.Of("? f WHERE f.unit_id = ANY (?) AND ?", table, split, policy)), splitOf, split, within, days))
		}
	}
	if len(counts) == 0 {
		return out, nil
	}
	err = r.query(ctx, "count features of units", clause.Join(" UNION ALL ", counts...), func(rows pgx.Rows) error {
		var layer, n int
		var unit int32
		err := rows.Scan(&layer, &unit, &n)
		if err == nil {
			out[unit][layer].Count += n
		}
		return err
	})
	return out, err
}
