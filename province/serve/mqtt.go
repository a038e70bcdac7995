package serve

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// brokerService is the MQTT broker that cameras, card readers and screens
// publish to.
func brokerService() service {
	return service{name: "broker", ports: []string{"mqtt"}, run: serveMQTT}
}

// post is a message that a device publishes.
type post struct {
	at      time.Time
	topic   string
	payload []byte
	retain  bool
}

// mqttFeed is what the devices of one system publish, as the province's time
// passes.
type mqttFeed struct {
	system string // whose devices they are: stopped with it
	root   string // the first level of their topics
	// begin is from when on a subscriber that nobody knows gets what was
	// published; posts are what it gets before.
	begin func(*Server) (posts []post, from time.Time)
	// hour is what is published in the hour of the clock, in order.
	hour func(*Server, time.Time) []post
}

func mqttFeeds() []mqttFeed { return []mqttFeed{cameraFeed(), cardFeed(), screenFeed()} }

// unacknowledged is how many messages a subscriber may have before more is
// published: less than the 1,024 from which on the broker keeps them back.
const unacknowledged = 900

// serveMQTT runs the broker. It keeps no messages for subscribers that are
// away: whoever comes back gets from the devices' past what he has missed,
// however long that was.
func serveMQTT(ctx context.Context, s *Server) error {
	b := &broker{s: s}
	b.server = mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	for _, f := range mqttFeeds() {
		b.feeds = append(b.feeds, &feeding{mqttFeed: f, here: map[string]bool{}, left: map[string]time.Time{}})
	}
	if err := b.server.AddHook(b, nil); err != nil {
		return err
	}
	if err := b.server.AddListener(listeners.NewTCP(listeners.Config{ID: "mqtt", Address: s.Address("mqtt")})); err != nil {
		return err
	}
	if err := b.server.Serve(); err != nil {
		return err
	}
	var feeds sync.WaitGroup
	for _, f := range b.feeds {
		feeds.Go(func() { b.feed(ctx, f) })
	}
	<-ctx.Done()
	err := b.server.Close()
	feeds.Wait()
	return err
}

// broker lets everybody in, and notes who subscribes and leaves.
type broker struct {
	mqtt.HookBase
	s      *Server
	server *mqtt.Server
	feeds  []*feeding
}

func (b *broker) ID() string { return "province" }

func (b *broker) Provides(hook byte) bool {
	return slices.Contains([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnSubscribed, mqtt.OnDisconnect}, hook)
}

func (b *broker) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

// OnACLCheck lets devices alone publish.
func (b *broker) OnACLCheck(c *mqtt.Client, _ string, write bool) bool { return !write || c.Net.Inline }

func (b *broker) OnSubscribed(c *mqtt.Client, pk packets.Packet, _ []byte) {
	for _, f := range b.feeds {
		for _, sub := range pk.Filters {
			if root, _, _ := strings.Cut(sub.Filter, "/"); root == f.root || root == "#" || root == "+" {
				f.comes(c.ID)
				break
			}
		}
	}
}

func (b *broker) OnDisconnect(c *mqtt.Client, _ error, _ bool) {
	if c.Net.Inline || c.IsTakenOver() {
		return
	}
	for _, f := range b.feeds {
		f.leaves(c.ID)
	}
	b.server.UnsubscribeClient(c)
	c.ClearInflights()
}

// feed publishes what the devices of a system have to say, until ctx ends.
func (b *broker) feed(ctx context.Context, f *feeding) {
	var at time.Time
	for ; ctx.Err() == nil; wait(ctx, 100*time.Millisecond) {
		if b.s.isStopped(f.system) || !f.listened() {
			continue
		}
		if first, from, back := f.goBack(b.s, at); back {
			at = from
			for _, p := range first {
				b.publish(ctx, f, p)
			}
		}
		at = b.until(ctx, f, at, b.s.Now())
	}
}

// until publishes what came after at until now. It stops before when somebody
// wants to hear of earlier things, and says how far it came.
func (b *broker) until(ctx context.Context, f *feeding, at, now time.Time) time.Time {
	for at.Before(now) {
		hour := at.Add(1).Truncate(time.Hour)
		for _, p := range f.posts(b.s, hour) {
			if !p.at.After(at) {
				continue
			}
			if p.at.After(now) {
				break
			}
			if ctx.Err() != nil || f.wanted() {
				return p.at.Add(-1)
			}
			b.publish(ctx, f, p)
		}
		if at = hour.Add(time.Hour - 1); at.After(now) {
			return now
		}
	}
	return at
}

// publish waits for subscribers that are slow, and publishes then.
func (b *broker) publish(ctx context.Context, f *feeding, p post) {
	for ctx.Err() == nil && b.busy(f) {
		wait(ctx, 2*time.Millisecond)
	}
	if err := b.server.Publish(p.topic, p.payload, p.retain, 1); err != nil {
		b.s.o.Log.Warn("the province's broker did not take a message", "topic", p.topic, "err", err)
	}
	f.published(p.at)
}

// busy says that some subscriber has yet to acknowledge a lot.
func (b *broker) busy(f *feeding) bool {
	for _, id := range f.listeners() {
		if c, ok := b.server.Clients.Get(id); ok && !c.Closed() && c.State.Inflight.Len() >= unacknowledged {
			return true
		}
	}
	return false
}

// isStopped says that a system was stopped.
func (s *Server) isStopped(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped[name]
}
