package connect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"geohub/ingest"
	"geohub/ingest/connect"
	"geohub/ingest/formats/billboard"
	"geohub/internal/hubtest"
)

// mqttBroker is a broker that lets in whoever says the password, and lets
// nobody hear of topics below "secret/".
type mqttBroker struct {
	mqtt.HookBase
	*mqtt.Server
	t       *testing.T
	address string
	ends    sync.Once
}

func (*mqttBroker) ID() string { return "test" }
func (*mqttBroker) Provides(hook byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck}, []byte{hook})
}

func (*mqttBroker) OnConnectAuthenticate(_ *mqtt.Client, pk packets.Packet) bool {
	return string(pk.Connect.Username) == "hub" && string(pk.Connect.Password) == "pw"
}

func (*mqttBroker) OnACLCheck(_ *mqtt.Client, topic string, _ bool) bool {
	return !strings.HasPrefix(topic, "secret/")
}

func newMQTTBroker(t *testing.T) *mqttBroker {
	t.Helper()
	b := &mqttBroker{Server: mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)}), t: t}
	listener := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	for _, err := range []error{b.AddHook(b, nil), b.AddListener(listener), b.Serve()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(b.end)
	b.address = "mqtt://" + listener.Address()
	return b
}

func (b *mqttBroker) end() { b.ends.Do(func() { b.Close() }) }

func (b *mqttBroker) say(topic, payload string) {
	b.t.Helper()
	if err := b.Publish(topic, []byte(payload), false, 1); err != nil {
		b.t.Fatal(err)
	}
}

// hub is a hub that listens to the broker and has been there once.
func (b *mqttBroker) hub(format, topics string, more ...string) webHub {
	b.t.Helper()
	h := newStreamHub(b.t, format, b.address, append([]string{"topics: [" + topics + "]", "user: hub", "password: pw"}, more...)...)
	streamUntil(b.t, h, func() bool { return h.one("SELECT checkpoint::text FROM sources") != "" })
	return h
}

// joined has the hub listen, does something once it is there, and waits until a
// question has an answer of so many or more and the broker was told of all: a
// session that has not said yet that it got a message gets it again, and counts
// it again.
func (b *mqttBroker) joined(h webHub, do func(), question string, atLeast int) {
	b.t.Helper()
	done := false
	streamUntil(b.t, h, func() bool {
		c, ok := b.Clients.Get("geohub-s")
		if !done && ok && !c.Closed() {
			done = true
			do()
		}
		n, err := strconv.Atoi(h.one("SELECT (" + question + ")::text"))
		return done && err == nil && n >= atLeast && c.State.Inflight.Len() == 0
	})
}

func mqttBeat(id string, second int) string {
	return fmt.Sprintf(`{"id":%q,"time":%q,"creative":"CR-1"}`, id, hubtest.Now.Add(time.Duration(second-600)*time.Second).Format(time.RFC3339))
}

// TestMQTTSession: what comes while the hub is away comes in when it is back,
// once, and the broker is told so.
func TestMQTTSession(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("heartbeat", `screens/+/heartbeat, "more/#"`)
	for i := range 1500 {
		b.say(fmt.Sprintf("screens/QC-%04d/heartbeat", i), mqttBeat(fmt.Sprintf("QC-%04d", i), i%60))
	}
	b.say("other/QC-1/heartbeat", mqttBeat("QC-OTHER", 1))
	b.say("more", mqttBeat("QC-MORE", 1))
	streamUntil(t, h, func() bool {
		c, ok := b.Clients.Get("geohub-s")
		return h.one("SELECT count(*)::text FROM billboards") == "1501" && ok && c.State.Inflight.Len() == 0
	})
	h.want("SELECT count(*)::text FROM billboards WHERE id = 'billboard:QC-OTHER'", "0")
	h.want("SELECT records_in::text FROM sources", "1501")
	h.want("SELECT newest_at::text FROM sources", h.one("SELECT max(last_heartbeat_at)::text FROM billboards"))
}

// TestMQTTAck: a message that could not be stored comes again, all of them do.
func TestMQTTAck(t *testing.T) {
	b := newMQTTBroker(t)
	s := &ingest.Source{Name: "s", Format: "heartbeat", Address: b.address, User: "hub", Password: "pw", Topics: []string{"screens/#"}, Location: time.UTC}
	listen := func(store func(*ingest.Batch) error) error {
		reader, err := connect.Formats()["heartbeat"].Connect(s)
		if err != nil {
			t.Fatal(err)
		}
		return reader.Read(t.Context(), nil, func(_ context.Context, batch *ingest.Batch) error { return store(batch) })
	}
	full := errors.New("the disk is full")
	sent := false
	err := listen(func(batch *ingest.Batch) error {
		if !sent {
			sent = true
			for i := range 5 {
				b.say("screens/QC-1/heartbeat", mqttBeat("QC-1", i))
			}
		}
		if batch.Len() > 0 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) {
		t.Fatalf("the read ended with %v", err)
	}
	enough, seen := errors.New("enough"), map[string]bool{}
	err = listen(func(batch *ingest.Batch) error {
		for _, r := range batch.Records {
			seen[r.(*billboard.Heartbeat).Time.String()] = true
		}
		if len(seen) == 5 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("the second read ended with %v after %d of 5", err, len(seen))
	}
}

// TestMQTTBreaks: a broker that goes away ends the read with an error.
func TestMQTTBreaks(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("heartbeat", "screens/#")
	ended := make(chan error, 1)
	go func() {
		_, err := h.Read(t.Context(), "s")
		ended <- err
	}()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if c, ok := b.Clients.Get("geohub-s"); ok && !c.Closed() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the hub never came")
		}
	}
	b.end()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the read ended well")
		}
	case <-time.After(time.Minute):
		t.Fatal("the read goes on")
	}
	h.fails("connect to")
}

// TestMQTTTopics: topics that are no longer declared are no longer heard.
func TestMQTTTopics(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("heartbeat", "old/#, screens/#")
	h.Sources[0].Topics = []string{"screens/#"}
	streamUntil(t, h, func() bool {
		return h.one("SELECT checkpoint->>'topics' FROM sources") == `["screens/#"]`
	})
	if n := len(b.Topics.Subscribers("old/1").Subscriptions); n > 0 {
		t.Errorf("%d still hear old topics", n)
	}
	b.say("old/1", mqttBeat("QC-OLD", 1))
	b.say("screens/1", mqttBeat("QC-NEW", 1))
	streamUntil(t, h, func() bool { return h.one("SELECT count(*)::text FROM billboards WHERE record_key = 'QC-NEW'") == "1" })
	h.want("SELECT count(*)::text FROM billboards", "1")
}

// TestMQTTRefused: the broker's refusals are said.
func TestMQTTRefused(t *testing.T) {
	b := newMQTTBroker(t)
	newStreamHub(t, "heartbeat", b.address, "topics: [a]").fails("connect to " + b.address)
	newStreamHub(t, "heartbeat", b.address, "topics: [a]", "user: hub", "password: no").fails("not Authorized")
	newStreamHub(t, "heartbeat", b.address, "topics: [a, secret/b]", "user: hub", "password: pw").fails("does not let geohub-s subscribe to secret/b")
}

func TestMQTTDeclarations(t *testing.T) {
	for _, test := range []struct{ address, topics, want string }{
		{"http://broker", "[a]", "mqtt://host:1883"}, {"mqtt://", "[a]", "mqtt://host:1883"}, {"mqtt://b", "[]", "topics are missing"},
		{"mqtts://b", `["a/#/b"]`, `"a/#/b"`}, {"mqtts://b", `["a+/b"]`, "whole level"}, {"mqtts://b", `[""]`, "a topic is empty"},
		{"mqtts://b", `["+/b/#", "#"]`, ""}, {"mqtt://b:18830", "[a]", ""},
	} {
		text := fmt.Sprintf("sources:\n  - name: s\n    format: card\n    address: %q\n    topics: %s\n", test.address, test.topics)
		_, err := ingest.ParseSources([]byte(text), func(string) string { return "" }, connect.Formats())
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v", test.address, test.topics, err)
		}
	}
}

// TestMQTTBroken: what is no record is kept with its topic, and comes in once
// it is mended.
func TestMQTTBroken(t *testing.T) {
	b := newMQTTBroker(t)
	h := b.hub("heartbeat", "screens/#")
	b.say("screens/a", `{"id":"QC-1","time":"hôm qua"}`)
	b.say("screens/b", `{"id":"QC-2",`)
	b.say("screens/c", "\xff\xfe")
	b.say("screens/d", "")
	b.say("screens/e", strings.Replace(mqttBeat("QC-3", 0), "2026", "2036", 1))
	b.say("screens/f", `<xml/>`)
	b.say("screens/g", mqttBeat("QC-4", 0))
	streamUntil(t, h, func() bool { return h.one("SELECT count(*)::text FROM billboards") == "1" })
	h.want("SELECT string_agg(stage || ' ' || coalesce(place, ''), ', ' ORDER BY stage, place) FROM quarantine",
		"DECODE topic screens/a: time, DECODE topic screens/b, DECODE topic screens/c, DECODE topic screens/f, MAP time")
	var n int
	for _, broken := range []string{"a", "b"} {
		var id int64
		if err := h.db.QueryRow(t.Context(), "SELECT id FROM quarantine WHERE place LIKE 'topic screens/"+broken+"%'").Scan(&id); err != nil {
			t.Fatal(err)
		}
		var text []byte
		if err := h.db.QueryRow(t.Context(), "SELECT record FROM quarantine WHERE id = $1", id).Scan(&text); err != nil {
			t.Fatal(err)
		}
		var message struct {
			Topic   string          `json:"topic"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(text, &message); err != nil || message.Topic != "screens/"+broken {
			t.Fatalf("kept is %s: %v", text, err)
		}
		message.Payload = json.RawMessage(mqttBeat("QC-"+broken, 1))
		mended, _ := json.Marshal(message)
		if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: id, Record: mended}); err != nil || r.Changed == 0 {
			t.Errorf("%+v, %v", r, err)
		}
		n++
	}
	h.want("SELECT count(*)::text FROM billboards", fmt.Sprint(1+n))
}
