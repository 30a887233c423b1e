// Pins what is on disk: a later version must still read these bytes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "paxos/record.h"
#include "storage/anchor.h"
#include "storage/identity.h"
#include "storage/keys.h"
#include "storage/log_state.h"
#include "storage/seal.h"

namespace paxos::storage {
namespace {

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    out += "0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4];
    out += "0123456789abcdef"[static_cast<std::uint8_t>(byte) & 15];
  }
  return out;
}

TEST(KeysTest, AreGroupKindAndSlotBigEndian) {
  EXPECT_EQ(Hex(Key::OfSlot(GroupId{1}, Slot{300}).view()), "0000000101000000000000012c");
  EXPECT_EQ(Hex(Key::OfMeta(GroupId{0x01020304}).view()), "01020304020000000000000000");
}

TEST(KeysTest, SortBySlotAndTheMetaRecordLast) {
  const GroupId group{1};
  EXPECT_LT(Key::OfSlot(group, Slot{255}).view(), Key::OfSlot(group, Slot{256}).view());
  EXPECT_LT(Key::OfSlot(group, Slot{~0ULL}).view(), Key::OfMeta(group).view());
  EXPECT_LT(Key::OfMeta(group).view(), Key::OfSlot(GroupId{2}, Slot{0}).view());
}

TEST(KeysTest, GiveTheirSlotBack) {
  const Key key = Key::OfSlot(GroupId{9}, Slot{12345678901234});
  EXPECT_EQ(SlotOf(key.view(), GroupId{9}), Slot{12345678901234});
  EXPECT_EQ(SlotOf(key.view(), GroupId{8}), std::nullopt);
  EXPECT_EQ(SlotOf(Key::OfMeta(GroupId{9}).view(), GroupId{9}), std::nullopt);
  EXPECT_EQ(SlotOf("short", GroupId{9}), std::nullopt);
}

AcceptedEntry SampleSlot() {
  return {Slot{300}, Ballot{5, NodeId{2}},
          SharedEntry(Entry{Ballot{4, NodeId{1}}, LogTime{Duration{1000}}, {"set x", "get y"}})};
}

LogSummary SampleSummary() {
  LogSummary summary;
  summary.persisted = PersistSeq{400};
  summary.promised = Ballot{5, NodeId{2}};
  summary.ballot_used = Ballot{3, NodeId{1}};
  summary.chosen_prefix = Slot{299};
  summary.chain = 0x11223344;
  summary.above_count = 1;
  summary.above_sum = 0x55667788;
  summary.log_bytes = 70000;
  return summary;
}

TEST(FormatTest, ASlotIsItsAcceptedEntrySealed) {
  std::string sealed;
  SealTo(Key::OfSlot(GroupId{1}, Slot{300}).view(), SampleSlot(), &sealed);
  EXPECT_EQ(Hex(sealed), "017b158bbaac0205020401d00f02057365742078056765742079");
}

TEST(FormatTest, TheMetaRecordIsTheSummarySealed) {
  std::string sealed;
  SealTo(Key::OfMeta(GroupId{1}).view(), SampleSummary(), &sealed);
  EXPECT_EQ(Hex(sealed), "0160870240900305020301ab02c4e68889010188ef99ab05f0a204");
}

TEST(FormatTest, AnAnchorIsSealedUnderItsName) {
  std::string sealed;
  SealTo("anchor",
         Anchor{.writing = 3,
                .cluster = ClusterId{7},
                .node = NodeId{1},
                .promised = Ballot{5, NodeId{2}},
                .persisted = PersistSeq{400},
                .meta = 0x11223344},
         &sealed);
  EXPECT_EQ(Hex(sealed), "01dc40fd3a03070105029003c4e6888901");
}

TEST(FormatTest, AnIdentityIsTextForPeople) {
  EXPECT_EQ(ToFileText({ClusterId{1185913470238414}, NodeId{77120983}, "a", GenesisDigest{7}}),
            "quorate data directory, format 1\n"
            "cluster 1185913470238414\n"
            "node 77120983\n"
            "name a\n"
            "genesis 7\n"
            "checksum 8842040b\n");
}

TEST(SealTest, GivesBackWhatWasSealed) {
  const Key key = Key::OfSlot(GroupId{1}, Slot{300});
  std::string sealed;
  const Seal seal = SealTo(key.view(), SampleSlot(), &sealed);
  ASSERT_TRUE(CheckSeal(key.view(), sealed).has_value());
  EXPECT_EQ(*CheckSeal(key.view(), sealed), seal);
  EXPECT_EQ(*Unseal<AcceptedEntry>(key.view(), sealed), SampleSlot());
}

TEST(SealTest, IsBrokenByAnyBitAndByAnotherName) {
  const Key key = Key::OfSlot(GroupId{1}, Slot{300});
  std::string sealed;
  SealTo(key.view(), SampleSlot(), &sealed);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto seal = CheckSeal(key.view(), damaged);
    ASSERT_FALSE(seal.has_value()) << bit;
    EXPECT_EQ(seal.error().code(), ErrorCode::kDamaged);
  }
  EXPECT_FALSE(CheckSeal(Key::OfSlot(GroupId{1}, Slot{301}).view(), sealed));
  EXPECT_FALSE(CheckSeal(key.view(), ""));
}

TEST(IdentityTest, ReadsWhatItWrote) {
  const Identity identity{ClusterId{1185913470238414}, NodeId{77120983}, "a b", GenesisDigest{7}};
  const auto read = ParseIdentity(ToFileText(identity));
  ASSERT_TRUE(read.has_value()) << read.error().ToString();
  EXPECT_EQ(*read, identity);
}

TEST(IdentityTest, RefusesAnyFlippedBit) {
  const std::string text = ToFileText({ClusterId{12}, NodeId{34}, "a", GenesisDigest{7}});
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(ParseIdentity(damaged)) << bit;
  }
}

}  // namespace
}  // namespace paxos::storage
