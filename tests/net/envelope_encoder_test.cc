#include "net/envelope_encoder.h"

#include <gtest/gtest.h>

namespace paxos::net {
namespace {

Envelope AcceptTo(std::uint64_t to, const SharedEntry& entry, std::uint64_t slot = 9) {
  return {.from = NodeId(1),
          .to = NodeId(to),
          .durable = PersistSeq(to * 1000),
          .message = Accept{Ballot{3, NodeId(1)}, Slot(slot), Slot(8), entry}};
}

SharedEntry EntryOf(const Command& command) {
  return SharedEntry(Entry{Ballot{3, NodeId(1)}, LogTime{}, {command}});
}

std::string Appended(EnvelopeEncoder& encoder, const Envelope& envelope) {
  std::string bytes;
  encoder.Append(envelope, &bytes);
  return bytes;
}

TEST(EnvelopeEncoderTest, GivesEachPeerTheBytesOfItsOwnEnvelope) {
  EnvelopeEncoder encoder;
  const SharedEntry entry = EntryOf("x");
  for (const std::uint64_t to : {2U, 3U, 2U}) {
    const Envelope envelope = AcceptTo(to, entry);
    EXPECT_EQ(Appended(encoder, envelope), Encode(envelope));
  }
}

TEST(EnvelopeEncoderTest, TellsAcceptsApart) {
  EnvelopeEncoder encoder;
  const SharedEntry entry = EntryOf("x");
  for (const Envelope& envelope :
       {AcceptTo(2, entry), AcceptTo(2, entry, 10), AcceptTo(2, EntryOf("y"), 10)}) {
    EXPECT_EQ(Appended(encoder, envelope), Encode(envelope));
  }
}

TEST(EnvelopeEncoderTest, EncodesOtherMessagesAsTheyAre) {
  EnvelopeEncoder encoder;
  const Envelope envelope{NodeId(1), NodeId(2), PersistSeq(7), Prepare{Ballot{4, NodeId(1)}}};
  EXPECT_EQ(Appended(encoder, envelope), Encode(envelope));
}

}  // namespace
}  // namespace paxos::net
