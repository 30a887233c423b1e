#include "sim/bounds.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string_view>
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
  const Census::Counts expected{
      {"table", 1}, {"queue", 2}, {"bytes", 7}, {"queue", 3}, {"bytes", 5}};
  EXPECT_EQ(Census::Of(outer).counts(), expected) << "what a container holds is not looked at";
}

// A field that was renamed would be a limit that nothing can reach.
TEST(BoundsTest, EveryLimitIsOfAFieldThatThereIs) {
  ReplicaOptions options;
  options.self = NodeId{1};
  options.membership = Membership({NodeId{1}});
  const Replica replica(options, DurableState{}, Instant{});
  std::set<std::string_view> names;
  const auto add = [&names](const Census& census) {
    for (const auto& [name, number] : census.counts()) names.insert(name);
  };
  add(Census::Of(replica));
  add(Census::Of(Leading{}));
  add(Census::Of(Preparing{}));
  const Bounds bounds(1, options);
  for (const auto& [name, most] : bounds.limits()) EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace paxos::sim
