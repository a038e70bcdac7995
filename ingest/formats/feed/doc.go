// Package feed reads what the press publishes: RSS 0.9x, 1.0 and 2.0, Atom 1.0
// (RFC 4287) and JSON Feed 1.0 and 1.1, with GeoRSS and Media RSS inside. Which of them is
// seen from the feed itself. The parsing is gofeed's; this package gives each
// item to it alone, so that a broken one costs no other.
//
//	err := feed.Decode(body, formats.Sink[feed.Item]{Record: store, Refuse: quarantine})
//
// An Item is the same whatever it came in. Its text is plain: tags are left out
// and entities read.
//
// Traps of the standards:
//   - georss:point is "lat lon", latitude first. A point that lies nowhere, or
//     would lie in Vietnam the other way round, is left out with a note: the item
//     is still an article.
//   - RSS has no rule for what the guid is. Item.Identity is guid, else link; an
//     item with neither is refused. That a publisher gives all items new guids is
//     not seen here.
//   - A date that can't be read refuses the item: the reason holds it as it came.
//     Dates without a zone are read at Options.Location, with a note. "GMT+7" and
//     "ICT" are zones of Vietnamese feeds and mean +07:00. "10/11/2025" means two
//     things and is refused.
//   - A feed over 32 MiB is refused.
package feed
