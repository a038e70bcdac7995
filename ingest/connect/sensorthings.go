package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/sensorthings"
)

// sensorThingsFormat reads services of the OGC SensorThings API 1.1; the
// address is the service's root, "…/v1.1". Its records are Things, as a
// complete list, and Observations with their Datastream and Thing inside.
//
// First come the Things with what belongs to them: what a server doesn't expand
// is fetched from its links. Then, of each Datastream that has anything new,
// the Observations behind those that were read, and the overlap before them
// again. A Datastream that fails doesn't stop the others; the read fails then.
func sensorThingsFormat() ingest.Format {
	return define("sensorthings", []string{"layer", "headers", "user", "overlap", "pageSize", "deleteAfter"},
		connectSensorThings, decodeSensorThings, recordOfSensorThings)
}

func connectSensorThings(s *ingest.Source) (ingest.Reader, error) {
	w, err := newWeb(s)
	if err != nil {
		return nil, err
	}
	root, err := url.Parse(s.Address)
	if err != nil || root.Host == "" {
		return nil, fmt.Errorf("address %q: the root of a SensorThings service is due, such as https://sta.example.vn/v1.1", s.Address)
	}
	c := &thingsClient{web: w, root: root, source: s, page: 1000, overlap: time.Hour}
	if s.PageSize > 0 {
		c.page = s.PageSize
	}
	if s.Overlap > 0 {
		c.overlap = time.Duration(s.Overlap)
	}
	return reading(c.read), nil
}

// decodeSensorThings reads entities as they came, by the source's clock.
func decodeSensorThings(s *ingest.Source, r io.Reader, sink formats.Sink[sensorthings.Entity]) error {
	_, err := sensorthings.Decode(r, formats.Sink[sensorthings.Entity]{
		Record: func(e sensorthings.Entity) error {
			setClock(e, time.Duration(s.ClockAhead))
			return sink.Record(e)
		},
		Refuse: sink.Refuse,
	})
	return err
}

// recordOfSensorThings reads one entity of our own JSON.
func recordOfSensorThings(text []byte) (sensorthings.Entity, error) {
	var found []sensorthings.Entity
	_, err := sensorthings.Decode(strings.NewReader(string(text)), formats.Sink[sensorthings.Entity]{
		Record: func(e sensorthings.Entity) error {
			found = append(found, e)
			return nil
		},
		Refuse: func(r formats.Refusal) error { return r },
	})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d entities where one is due", len(found))
	}
	return found[0], nil
}

// setClock takes off an observation's times by how much the clock runs ahead.
func setClock(e sensorthings.Entity, ahead time.Duration) {
	o, ok := e.(*sensorthings.Observation)
	if !ok || ahead == 0 {
		return
	}
	for _, t := range []*sensorthings.TimeObject{o.PhenomenonTime, o.ResultTime, o.ValidTime} {
		if t == nil {
			continue
		}
		t.Start = t.Start.Add(-ahead)
		if !t.End.IsZero() {
			t.End = t.End.Add(-ahead)
		}
	}
}

// thingsClient reads one service.
type thingsClient struct {
	web     *web
	root    *url.URL
	source  *ingest.Source
	page    int // observations asked for at once
	overlap time.Duration
}

// thingsPage is how many Things are asked for at once: each comes with its
// Datastreams.
const thingsPage = 100

// maxStreams is how many Datastreams are kept track of.
const maxStreams = 50_000

func (c *thingsClient) read(ctx context.Context, from json.RawMessage, take taker) error {
	marks := streamMarks{}
	if from != nil {
		if err := json.Unmarshal(from, &marks); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	streams, err := c.things(ctx, take)
	if err != nil {
		return err
	}
	return c.observations(ctx, streams, marks, take)
}

// things hands on the list of all Things and gives their Datastreams.
func (c *thingsClient) things(ctx context.Context, take taker) ([]*stream, error) {
	p := &pour{ctx: ctx, take: take, snapshot: true}
	sink := into[sensorthings.Entity](p)
	var streams []*stream
	address := c.address("Things") + "?" + query("$expand", "Locations,Datastreams($expand=ObservedProperty,Sensor)", "$top", fmt.Sprint(thingsPage))
	err := c.pages(ctx, address, sink.Refuse, func(at *url.URL, found []sensorthings.Entity) error {
		for _, e := range found {
			t, ok := e.(*sensorthings.Thing)
			if !ok {
				return fmt.Errorf("%s where Things are due", e.Kind())
			}
			if err := c.complete(ctx, at, t); err != nil {
				return fmt.Errorf("thing %s: %w", t.ID, err)
			}
			streams = append(streams, streamsOf(at, t)...)
			if len(streams) > maxStreams {
				return fmt.Errorf("over %d Datastreams: split the service among several sources", maxStreams)
			}
			if err := sink.Record(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list Things: %w", err)
	}
	return streams, p.flush(nil, true)
}

// complete fetches what a Thing lacks of what was to be expanded.
func (c *thingsClient) complete(ctx context.Context, at *url.URL, t *sensorthings.Thing) error {
	refuse := func(r formats.Refusal) error { return r }
	if t.Locations == nil || t.LocationsNext != "" {
		address := c.under(at, t.LocationsNext, t.LocationsLink, t.Head, "Things", "Locations")
		err := c.pages(ctx, address, refuse, func(_ *url.URL, found []sensorthings.Entity) error {
			for _, e := range found {
				if l, ok := e.(*sensorthings.Location); ok {
					t.Locations = append(t.Locations, l)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read Locations: %w", err)
		}
	}
	if t.Datastreams == nil || t.DatastreamsNext != "" {
		address := c.under(at, t.DatastreamsNext, t.DatastreamsLink, t.Head, "Things", "Datastreams")
		if t.DatastreamsNext == "" && !strings.Contains(address, "?") {
			address += "?" + query("$expand", "ObservedProperty,Sensor")
		}
		err := c.pages(ctx, address, refuse, func(_ *url.URL, found []sensorthings.Entity) error {
			for _, e := range found {
				if d, ok := e.(*sensorthings.Datastream); ok {
					t.Datastreams = append(t.Datastreams, d)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read Datastreams: %w", err)
		}
	}
	for _, d := range t.Datastreams {
		if d.ObservedProperty != nil {
			continue
		}
		err := c.pages(ctx, c.under(at, "", d.ObservedPropertyLink, d.Head, "Datastreams", "ObservedProperty"), refuse, func(_ *url.URL, found []sensorthings.Entity) error {
			d.ObservedProperty, _ = found[0].(*sensorthings.ObservedProperty)
			return nil
		})
		if err != nil {
			return fmt.Errorf("ObservedProperty of Datastream %s: %w", d.ID, err)
		}
	}
	return nil
}

// maxThingsPages ends a list whose links lead round and round.
const maxThingsPages = 100_000

// pages reads a list, or one entity, page by page behind its nextLinks.
func (c *thingsClient) pages(ctx context.Context, address string, refuse func(formats.Refusal) error, each func(at *url.URL, found []sensorthings.Entity) error) error {
	for n := 0; address != ""; n++ {
		if n == maxThingsPages {
			return fmt.Errorf("%s is page %d: do its nextLinks lead round?", address, n)
		}
		var found []sensorthings.Entity
		sink := formats.Sink[sensorthings.Entity]{Record: func(e sensorthings.Entity) error {
			found = append(found, e)
			return nil
		}, Refuse: refuse}
		at, next, err := c.onePage(ctx, address, sink)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			if err := each(at, found); err != nil {
				return err
			}
		}
		address = next
	}
	return nil
}

// onePage reads one page and gives its own address and the next one's.
func (c *thingsClient) onePage(ctx context.Context, address string, sink formats.Sink[sensorthings.Entity]) (at *url.URL, next string, err error) {
	body, err := c.web.get(ctx, address, nil)
	if err != nil {
		return nil, "", err
	}
	defer body.Close()
	page, err := sensorthings.Decode(body, sink)
	switch {
	case err != nil:
		return nil, "", err
	case !page.Complete:
		return nil, "", fmt.Errorf("%s: the answer breaks off or is no JSON", body.URL.Redacted())
	case page.NextLink == "":
		return body.URL, "", nil
	}
	u, err := body.URL.Parse(page.NextLink)
	if err != nil {
		return nil, "", fmt.Errorf("nextLink %.80q: %w", page.NextLink, err)
	}
	if next = u.String(); next == address {
		return nil, "", errors.New("a nextLink leads back to its own page: " + u.Redacted())
	}
	return body.URL, next, nil
}

// under is where what belongs to an entity is to be had: at the next link of a
// list that was cut off, at the link that it names, below its own, or below
// the root.
func (c *thingsClient) under(at *url.URL, next, link string, h sensorthings.Head, set, name string) string {
	for _, l := range []string{next, link} {
		if u, err := at.Parse(l); l != "" && err == nil {
			return u.String()
		}
	}
	if u, err := at.Parse(h.SelfLink); h.SelfLink != "" && err == nil {
		return u.JoinPath(name).String()
	}
	return c.address(set+"("+url.PathEscape(string(h.ID))+")", name)
}

// address is that of an entity set, below the root.
func (c *thingsClient) address(elements ...string) string {
	u := c.root.JoinPath(elements...)
	u.RawQuery = ""
	return u.String()
}

// query writes the options of a request: names and values by turns. Spaces are
// %20, since not every server takes a plus for one.
func query(options ...string) string {
	var parts []string
	for i := 0; i < len(options); i += 2 {
		parts = append(parts, options[i]+"="+strings.ReplaceAll(url.QueryEscape(options[i+1]), "+", "%20"))
	}
	return strings.Join(parts, "&")
}
