package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// damsSystem and stationsSystem are two services of the OGC SensorThings API
// 1.1: the reservoirs' operation with its telemetry, and the department's
// register of stations with the telemetry of rivers, rain and weather.
func damsSystem() service {
	return service{name: "dams", sources: `
  - name: dams
    format: sensorthings
    address: {{.HTTP}}/v1.1
    every: 30s
    overlap: 6h
    deleteAfter: 3
`, handler: func(s *Server) http.Handler {
		return staHandler{"http://" + s.Address("http") + "/dams/v1.1", func() *staService { return waterOf(s).damsService() }}
	}}
}

func stationsSystem() service {
	return service{name: "stations", sources: `
  - name: stations
    format: sensorthings
    address: {{.HTTP}}/v1.1
    every: 30s
    overlap: 6h
    deleteAfter: 3
`, handler: func(s *Server) http.Handler {
		return staHandler{"http://" + s.Address("http") + "/stations/v1.1", func() *staService { return waterOf(s).stationsService() }}
	}}
}

// staService is what a service of SensorThings holds.
type staService struct {
	sets map[string]*staSet // "Things" …
}

// staSet is an entity set.
type staSet struct {
	list staList
	byID func(id string) *staNode
}

// staList are entities that are made when they are asked for.
type staList struct {
	n  int
	at func(i int) *staNode
}

func staListOf(nodes []*staNode) staList {
	return staList{len(nodes), func(i int) *staNode { return nodes[i] }}
}

// staNode is an entity: its properties and where its links lead.
type staNode struct {
	set, id string // "Things", "TA_TRACH"
	props   map[string]any
	one     map[string]func() *staNode
	many    map[string]func() staList
}

// staSetNames are the entity sets, in the standard's order.
var staSetNames = []string{"Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations", "FeaturesOfInterest"}

// staHandler answers GET below a service's root.
type staHandler struct {
	root string
	now  func() *staService
}

// staFault is an answer that is no entity.
type staFault struct {
	status  int
	message string
}

func (f *staFault) Error() string { return f.message }

func staBad(format string, args ...any) error {
	return &staFault{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func (h staHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, err := h.answer(r)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if err != nil {
		f, ok := err.(*staFault)
		if !ok {
			f = &staFault{http.StatusInternalServerError, err.Error()}
		}
		w.WriteHeader(f.status)
		v = map[string]any{"code": f.status, "type": "error", "message": f.message}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // a client that has gone needs no answer
}

func (h staHandler) answer(r *http.Request) (any, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, &staFault{http.StatusMethodNotAllowed, "the service is read only"}
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/v1.1")
	if !ok {
		return nil, &staFault{http.StatusNotFound, "the service's root is " + h.root}
	}
	rest = strings.Trim(rest, "/")
	if rest == "" {
		return h.index(), nil
	}
	o, err := staOptionsOf(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	list, one, err := h.find(strings.Split(rest, "/"))
	if err != nil {
		return nil, err
	}
	if one != nil {
		return h.render(one, o)
	}
	return h.page(*list, o, h.root+"/"+rest, "")
}

func (h staHandler) index() any {
	var sets []any
	for _, name := range staSetNames {
		sets = append(sets, map[string]any{"name": name, "url": h.root + "/" + name})
	}
	return map[string]any{"value": sets, "serverSettings": map[string]any{"conformance": []string{
		"http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel",
		"http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
		"http://www.opengis.net/spec/iot_sensing/1.1/req/request-data",
	}}}
}

// find follows a resource path: Things('TA_TRACH')/Datastreams.
func (h staHandler) find(path []string) (*staList, *staNode, error) {
	service := h.now()
	var list *staList
	var one *staNode
	for i, segment := range path {
		name, key, keyed := strings.Cut(segment, "(")
		missing := &staFault{http.StatusNotFound, "nothing is at " + strings.Join(path[:i+1], "/")}
		if keyed && (!strings.HasSuffix(key, ")") || i > 0) {
			return nil, nil, missing
		}
		switch {
		case i == 0:
			set := service.sets[name]
			if set == nil {
				return nil, nil, missing
			}
			list = &set.list
			if keyed {
				id := strings.TrimSuffix(key, ")")
				if len(id) < 2 || id[0] != '\'' || id[len(id)-1] != '\'' {
					return nil, nil, missing
				}
				list, one = nil, set.byID(strings.ReplaceAll(id[1:len(id)-1], "''", "'"))
				if one == nil {
					return nil, nil, missing
				}
			}
		case one == nil:
			return nil, nil, missing
		case one.many[name] != nil:
			found := one.many[name]()
			list, one = &found, nil
		case one.one[name] != nil:
			one = one.one[name]()
		default:
			return nil, nil, missing
		}
	}
	return list, one, nil
}

// staPage is how many entities a page has when nobody says, and at most.
const staPage, staMaxPage = 100, 1000

// page renders a part of a list. prefix is that of an expanded list's control
// information: "Datastreams".
func (h staHandler) page(list staList, o *staOptions, self, prefix string) (map[string]any, error) {
	list, err := o.arrange(list)
	if err != nil {
		return nil, err
	}
	top := staPage
	if o.top >= 0 {
		top = min(o.top, staMaxPage)
	}
	from := min(o.skip, list.n)
	to := min(from+top, list.n)
	value := []any{}
	for i := from; i < to; i++ {
		v, err := h.render(list.at(i), o)
		if err != nil {
			return nil, err
		}
		value = append(value, v)
	}
	out := map[string]any{"value": value}
	if prefix != "" {
		out = map[string]any{prefix: value}
	}
	if o.count {
		out[prefix+"@iot.count"] = list.n
	}
	if to < list.n && top > 0 {
		out[prefix+"@iot.nextLink"] = self + "?" + o.next(top, to)
	}
	return out, nil
}

func (n *staNode) link(root string) string {
	return root + "/" + n.set + "(" + url.PathEscape("'"+n.id+"'") + ")"
}

// render writes an entity with what is expanded in it.
func (h staHandler) render(n *staNode, o *staOptions) (map[string]any, error) {
	self := n.link(h.root)
	out := map[string]any{}
	wanted := func(name string) bool { return o.selected == nil || o.selected[name] }
	for name, value := range n.props {
		if wanted(name) {
			out[name] = value
		}
	}
	if wanted("id") || wanted("@iot.id") {
		out["@iot.id"] = n.id
	}
	if o.selected == nil {
		out["@iot.selfLink"] = self
		for name := range n.one {
			out[name+"@iot.navigationLink"] = self + "/" + name
		}
		for name := range n.many {
			out[name+"@iot.navigationLink"] = self + "/" + name
		}
	}
	for name, inside := range o.expand {
		switch {
		case n.one[name] != nil:
			v, err := h.render(n.one[name](), inside)
			if err != nil {
				return nil, err
			}
			out[name] = v
		case n.many[name] != nil:
			page, err := h.page(n.many[name](), inside, self+"/"+name, name)
			if err != nil {
				return nil, err
			}
			for k, v := range page {
				out[k] = v
			}
		default:
			return nil, staBad("$expand: %s have no %s", n.set, name)
		}
	}
	return out, nil
}
