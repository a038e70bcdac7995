package ingest_test

import (
	"testing"
	"unicode/utf8"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

func TestFoldedAsTheDatabaseFolds(t *testing.T) {
	texts := []string{"Đường Điện Biên Phủ – ngập sâu 0,5 m…", "Thừa Thiên Huế", "Hoa\u0301 ho\u0301a HO\u0301A", "a\u0302\u0323 o\u031b\u0301 \u0301", "“Rác” ‘thải’ 5 m² ~ 30 °C", ""}
	all := ""
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		if _, ok := ingest.Folded(string(r)); ok {
			texts = append(texts, string(r))
			all += string(r)
		}
	}
	if len(texts) < 400 {
		t.Fatalf("only %d letters are known", len(texts))
	}
	texts = append(texts, all)
	folded := make([]string, len(texts))
	for i, text := range texts {
		var ok bool
		if folded[i], ok = ingest.Folded(text); !ok {
			t.Errorf("%q is not known", text)
		}
	}
	rows, err := pgtest.Shared(t, hubtest.Empty()).Query(t.Context(), "SELECT k.text, k.ours, fold(k.text) FROM unnest($1::text[], $2::text[]) k(text, ours) WHERE fold(k.text) <> k.ours", texts, folded)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text, ours, theirs string
		if err := rows.Scan(&text, &ours, &theirs); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%q folds to %q, not %q", text, theirs, ours)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	for _, foreign := range []string{"Ω", "İ", "ß", "한국", "🚧", "\xff"} {
		if got, ok := ingest.Folded(foreign); ok {
			t.Errorf("%q is taken for known, as %q", foreign, got)
		}
	}
}
