#include "sim/damage.h"

#include <gtest/gtest.h>

#include "paxos/message.h"

namespace paxos::sim {
namespace {

Envelope SomeEnvelope(std::size_t bytes) {
  const SharedEntry entry(Entry{{}, {}, {std::string(bytes, 'x')}});
  return Envelope{NodeId{1}, NodeId{2}, PersistSeq{7},
                  Accept{Ballot{3, NodeId{1}}, Slot{9}, Slot{8}, entry}};
}

std::string FrameOf(const Envelope& envelope) {
  std::string frame;
  AppendFrame(FrameType::kPeerMessage, 0, envelope, &frame);
  return frame;
}

TEST(DamageTest, ChangesEveryFrame) {
  const std::string frame = FrameOf(SomeEnvelope(10));
  for (std::uint64_t draw = 0; draw < 1000; ++draw) EXPECT_NE(Damaged(frame, draw), frame) << draw;
}

TEST(DamageTest, IsFoundByTheFrameReaderWhereverItIs) {
  for (std::uint64_t draw = 0; draw < 20'000; ++draw) {
    EXPECT_TRUE(IsDamageFound(FrameType::kPeerMessage, SomeEnvelope(draw % 300), draw)) << draw;
  }
}

TEST(DamageTest, AWholeFrameIsNotRefused) { EXPECT_FALSE(IsRefused(FrameOf(SomeEnvelope(10)))); }

}  // namespace
}  // namespace paxos::sim
