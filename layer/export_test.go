package layer

import "context"

// Groups counts the rows of the list by keys.
func (l *List) Groups(ctx context.Context, by []GroupField) ([]*Group, error) {
	return l.groups(ctx, GroupQuery{By: by})
}

// Count is how many rows the list has in all.
func (l *List) Count(ctx context.Context) (int, error) { return l.count(ctx) }

// OfRows is the list as one that is counted by its rows alone.
func (l *List) OfRows() *List {
	rows := *l
	rows.reach = nil
	return &rows
}
