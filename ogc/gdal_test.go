package ogc_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"geohub/internal/hubtest"
)

// TestGDAL lets GDAL's own client read every layer: it finds as many features as
// GraphQL counts, in a box and by an attribute, too.
func TestGDAL(t *testing.T) {
	h := serve(t).as(2)
	const box, area = "-spat 107.5 16.4 107.7 16.6", "area: {bbox: [107.5, 16.4, 107.7, 16.6]}"
	type question struct {
		layer, options string
		want           int
	}
	var all []question
	for _, s := range hubtest.Catalog(t).Systems() {
		if total := h.total(s.Field, ""); total > 5000 {
			all = append(all, question{s.Field, box, h.total(s.Field, area)}) // the whole takes GDAL too long
		} else {
			all = append(all, question{s.Field, "", total}, question{s.Field, box, h.total(s.Field, area)})
		}
	}
	all = append(all,
		question{"dams", "-where damStatus='NORMAL'", h.total("dams", "filter: {damStatus: {eq: NORMAL}}")},
		question{"dams", "-where levelM>50", h.total("dams", "filter: {levelM: {gt: 50}}")},
		question{"stations", "-where stationKind='HYDROLOGY'", h.total("stations", "filter: {stationKind: {eq: HYDROLOGY}}")},
		question{"cameras", "-where id='camera:NONE'", 0},
	)
	two := make(chan struct{}, 2)
	var running sync.WaitGroup
	for _, q := range all {
		two <- struct{}{}
		running.Go(func() {
			defer func() { <-two }()
			if n, text := h.gdalCount(q.layer, q.options); n != q.want {
				t.Errorf("%s %s: GDAL has %d, GraphQL %d\n%.2000s", q.layer, q.options, n, q.want, text)
			}
		})
	}
	running.Wait()
}

var featureCount = regexp.MustCompile(`Feature Count: (\d+)`)

// gdalCount is how many features ogrinfo counts; -1 when it fails.
func (h hub) gdalCount(layer, options string) (int, string) {
	args := []string{"-so", "-ro", "-oo", "PAGE_SIZE=1000"}
	if option, value, ok := strings.Cut(options, " "); ok && option == "-where" {
		args = append(args, option, value)
	} else {
		args = append(args, strings.Fields(options)...)
	}
	c := exec.Command("ogrinfo", append(args, "OAPIF:"+h.url+"/ogc", layer)...)
	c.Env = append(os.Environ(), "GDAL_HTTP_HEADERS=X-Api-Key: "+h.key, "GDAL_HTTP_PROXY=", "NO_PROXY=127.0.0.1", "PROJ_NETWORK=OFF",
		"GDAL_HTTP_TIMEOUT=20", "GDAL_DISABLE_READDIR_ON_OPEN=TRUE")
	out, err := c.CombinedOutput()
	found := featureCount.FindSubmatch(out)
	if err != nil || found == nil {
		return -1, fmt.Sprint(err, string(out))
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n, string(out)
}
