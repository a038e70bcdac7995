package cql2_test

import (
	"fmt"

	"geohub/cql2"
)

func Example() {
	e, err := cql2.Parse("not (casei(name) = casei('Cầu Trường Tiền')) and length_m>400")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, condition := range e.(cql2.And).Args {
		switch c := condition.(type) {
		case cql2.Comparison:
			fmt.Printf("%v %s %v\n", c.Left, c.Op, c.Right)
		default:
			fmt.Printf("%T\n", c)
		}
	}
	fmt.Println(cql2.Text(e))
	fmt.Println(string(cql2.JSON(e)))
	// Output:
	// cql2.Not
	// length_m > 400
	// NOT (CASEI(name) = CASEI('Cầu Trường Tiền')) AND length_m > 400
	// {"op":"and","args":[{"op":"not","args":[{"op":"=","args":[{"op":"casei","args":[{"property":"name"}]},{"op":"casei","args":["Cầu Trường Tiền"]}]}]},{"op":">","args":[{"property":"length_m"},400]}]}
}

func ExampleParse_fault() {
	_, err := cql2.Parse("ward = 'Thuận Hoá' AND depth_m >")
	fmt.Println(err)
	// Output: filter, character 33, near `…ND depth_m >`: found the end, wanted a value, a property or (
}
