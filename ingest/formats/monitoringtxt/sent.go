package monitoringtxt

// Sent is a record with the file that brought it: its lines don't say which
// station they are of.
type Sent struct {
	File Name `json:"file"`
	Record
}
