#include "paxos/genesis.h"

#include <gtest/gtest.h>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

TEST(GenesisTest, IsTheSameWhateverTheOrderOfTheMembers) {
  EXPECT_EQ(GenesisOf(64, Membership({n1, n2, n3})), GenesisOf(64, Membership({n3, n1, n2})));
}

TEST(GenesisTest, DiffersWithAnyMemberAndWithTheWindow) {
  const GenesisDigest digest = GenesisOf(64, Membership({n1, n2, n3}));
  EXPECT_NE(digest, GenesisOf(64, Membership({n1, n2, n4})));
  EXPECT_NE(digest, GenesisOf(64, Membership({n1, n2})));
  EXPECT_NE(digest, GenesisOf(32, Membership({n1, n2, n3})));
  EXPECT_NE(digest, GenesisDigest{});
}

// It is stored in every data directory.
TEST(GenesisTest, NeverChanges) {
  EXPECT_EQ(GenesisOf(64, Membership({n1, n2, n3})).value(), 6464849094U);
}

}  // namespace
}  // namespace paxos
