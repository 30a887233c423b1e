#include "sim/bounds.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <variant>

namespace paxos::sim {
namespace {

struct Inner {
  std::vector<int> queue{};
  std::uint64_t bytes = 0;
  template <class Archive>
  friend void serialize(Archive& ar, Inner& i, unsigned /*version*/) {
    ar& Named("queue", i.queue) & Named("bytes", i.bytes);
  }
};

struct Outer {
  std::map<int, Inner> table{};
  std::variant<std::monostate, Inner> role{};
  std::optional<Inner> other{};
  template <class Archive>
  friend void serialize(Archive& ar, Outer& o, unsigned /*version*/) {
    ar& Named("table", o.table) & Named("role", o.role) & Named("other", o.other);
  }
};

TEST(CensusTest, CountsContainersAndNumbersByName) {
  const Outer outer{{{1, {{1, 2, 3, 4}, 9}}}, Inner{{1, 2}, 7}, Inner{{1, 2, 3}, 5}};
  const Census census = Census::Of(outer);
  EXPECT_EQ(census.Most("table"), 1U);
  EXPECT_EQ(census.Most("queue"), 3U) << "what a container holds is not looked at";
  EXPECT_EQ(census.Most("bytes"), 7U);
  EXPECT_EQ(census.Most("nothing"), 0U);
}

// A field that was renamed would be a limit that nothing can reach.
TEST(BoundsTest, EveryLimitIsOfAFieldThatThereIs) {
  ReplicaOptions options;
  options.self = NodeId{1};
  options.membership = Membership({NodeId{1}});
  const Replica replica(options, DurableState{}, Instant{});
  const Bounds bounds(1, options);
  for (const Bounds::Limit& limit : bounds.limits()) {
    EXPECT_TRUE(Census::Of(replica).Has(limit.what) || Census::Of(Leading{}).Has(limit.what) ||
                Census::Of(Preparing{}).Has(limit.what))
        << limit.what;
  }
}

}  // namespace
}  // namespace paxos::sim
