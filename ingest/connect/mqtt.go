package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"geohub/ingest"
	"geohub/ingest/formats"
)

const (
	mqttBatch = 1000
	// mqttWait is short, since many a broker sends only so many messages (20 at
	// Mosquitto's) until the first of them is acknowledged.
	mqttWait  = 100 * time.Millisecond
	mqttAlive = time.Minute      // a connection without messages says so often that it is there
	mqttReply = 15 * time.Second // the broker gets so long to answer
)

// mqttFormat is a standard whose records come one or some a message. Messages
// are acknowledged once the database has them, so that the broker sends again
// what a failure lost; it keeps what comes while the hub is away, since the
// session is persistent: its client id is geohub-<the source's name>.
//
// open makes what reads the messages of one stream, one after another; all reads
// messages as Decode of a format does.
func mqttFormat[T any](name string, open func(*ingest.Source) func(mqttMessage, formats.Sink[T]) error, all func(*ingest.Source, io.Reader, formats.Sink[T]) error,
	record func([]byte) (T, error)) ingest.Format {
	connect := func(s *ingest.Source) (ingest.Reader, error) {
		options, err := mqttOptions(s)
		if err != nil {
			return nil, err
		}
		decode := open(s)
		m := mqttReader{s, options, func(msg mqttMessage, b *ingest.Batch) error {
			sink := ingest.Into[T](b)
			sink.Refuse = func(r formats.Refusal) error {
				b.Refused = append(b.Refused, msg.refused(r))
				return nil
			}
			return decode(msg, sink)
		}}
		return reading(m.read), nil
	}
	f := define(name, []string{"topics", "user"}, connect, all, record)
	f.Stream = true
	return f
}

// mqttOptions checks a declaration.
func mqttOptions(s *ingest.Source) (*mqtt.ClientOptions, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	scheme, port := map[string]string{"mqtt": "tcp", "mqtts": "ssl"}[u.Scheme], map[string]string{"mqtt": "1883", "mqtts": "8883"}[u.Scheme]
	if scheme == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("address %q: mqtt://host:1883 or mqtts://host:8883 is due", s.Address)
	}
	if u.Port() == "" {
		u.Host += ":" + port
	}
	if len(s.Topics) == 0 {
		return nil, errors.New("topics are missing: which of the broker's are to be read?")
	}
	for _, topic := range s.Topics {
		if err := mqttFilter(topic); err != nil {
			return nil, err
		}
	}
	o := mqtt.NewClientOptions().AddBroker(scheme + "://" + u.Host).SetClientID("geohub-" + s.Name).SetCleanSession(false)
	o.SetUsername(s.User).SetPassword(s.Password).SetKeepAlive(30 * time.Second).SetConnectTimeout(mqttReply).SetWriteTimeout(mqttReply)
	// Whoever reads the stream connects again; what is acknowledged is decided here.
	o.SetAutoReconnect(false).SetConnectRetry(false).SetAutoAckDisabled(true).SetOrderMatters(true)
	return o, nil
}

// mqttFilter says what can't be right about a filter of topics.
func mqttFilter(filter string) error {
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if level == "#" && i == len(levels)-1 || level == "+" {
			continue
		}
		if strings.ContainsAny(level, "#+\x00") {
			return fmt.Errorf("topic %q: + stands for one whole level and # for all that follow, at the end", filter)
		}
	}
	if filter == "" {
		return errors.New("a topic is empty")
	}
	return nil
}

// mqttMessage is a message apart from its connection.
type mqttMessage struct {
	topic   string
	payload []byte
}

// refused gives a refusal of what is in the message its topic as place, and as
// record the message as Decode reads it. What the decoder took out of the
// record stays out.
func (m mqttMessage) refused(r formats.Refusal) formats.Refusal {
	message := struct {
		Topic   string `json:"topic"`
		Payload any    `json:"payload"`
	}{m.topic, strings.ToValidUTF8(string(r.Raw), "\uFFFD")}
	if json.Valid(r.Raw) {
		message.Payload = json.RawMessage(r.Raw)
	}
	raw, err := json.Marshal(message)
	if err != nil {
		raw = r.Raw
	}
	r.Line, r.Path, r.Raw = 0, strings.TrimSuffix("topic "+m.topic+": "+r.Path, ": "), raw
	return r
}

// mqttState is a checkpoint: what the session at the broker has subscribed to.
type mqttState struct {
	Topics []string `json:"topics"`
}

type mqttReader struct {
	s       *ingest.Source
	options *mqtt.ClientOptions
	decode  func(mqttMessage, *ingest.Batch) error
}

func (m mqttReader) read(ctx context.Context, from json.RawMessage, take taker) error {
	var before mqttState
	if from != nil {
		if err := json.Unmarshal(from, &before); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	return streamed(ctx, take, mqttBatch, mqttWait, func(ctx context.Context, g *gather) error { return m.listen(ctx, before, g) })
}

// listen holds one connection until it breaks or ctx ends.
func (m mqttReader) listen(ctx context.Context, before mqttState, g *gather) error {
	ctx, stop := context.WithCancel(ctx)
	came, lost, ready := make(chan mqtt.Message), make(chan error, 1), make(chan error, 1)
	o := *m.options
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err })
	// Waiting here stops the connection, so that the broker waits as well.
	o.SetDefaultPublishHandler(func(_ mqtt.Client, msg mqtt.Message) {
		select {
		case came <- msg:
		case <-ctx.Done():
		}
	})
	client := mqtt.NewClient(&o)
	var connecting sync.WaitGroup
	// The session's messages come before the subscription is answered, so they
	// have to be taken while that is waited for.
	connecting.Go(func() { ready <- m.connect(ctx, client, before) })
	defer func() {
		stop()
		connecting.Wait()
		client.Disconnect(250)
	}()
	alive := time.NewTicker(mqttAlive)
	defer alive.Stop()
	here := func(b *ingest.Batch) error {
		b.Checkpoint = mqttState{m.s.Topics}
		return nil
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err = <-lost:
			return fmt.Errorf("the connection to the broker broke: %w", err)
		case err = <-ready:
			if err == nil {
				err = g.put(here, nil)
			}
		case <-alive.C:
			err = g.put(here, nil)
		case msg := <-came:
			err = g.put(func(b *ingest.Batch) error { return m.decode(mqttMessage{msg.Topic(), msg.Payload()}, b) }, msg.Ack)
		}
		if err != nil {
			return err
		}
	}
}

// connect opens the session and has it hold the topics declared, and no others.
func (m mqttReader) connect(ctx context.Context, client mqtt.Client, before mqttState) error {
	if err := answered(ctx, client.Connect()); err != nil {
		return fmt.Errorf("connect to %s: %w", m.s.Address, err)
	}
	var gone []string
	for _, topic := range before.Topics {
		if !slices.Contains(m.s.Topics, topic) {
			gone = append(gone, topic)
		}
	}
	if gone != nil {
		if err := answered(ctx, client.Unsubscribe(gone...)); err != nil {
			return fmt.Errorf("unsubscribe: %w", err)
		}
	}
	filters := map[string]byte{}
	for _, topic := range m.s.Topics {
		filters[topic] = 1
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := answered(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for topic, granted := range token.(*mqtt.SubscribeToken).Result() {
		if granted == mqttRefused {
			return fmt.Errorf("the broker does not let %s subscribe to %s", m.options.ClientID, topic)
		}
	}
	return nil
}

// mqttRefused is a broker's answer to a subscription that it doesn't allow.
const mqttRefused = 0x80

// answered waits for the broker's answer.
func answered(ctx context.Context, token mqtt.Token) error {
	patience := time.NewTimer(mqttReply)
	defer patience.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-patience.C:
		return fmt.Errorf("no answer within %s", mqttReply)
	case <-ctx.Done():
		return ctx.Err()
	}
}
