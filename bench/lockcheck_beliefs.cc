#include "bench/lockcheck_beliefs.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace bench {
namespace {

auto InTime(const Belief& belief) {
  return std::tie(belief.lock, belief.begin, belief.end, belief.token);
}

auto GrantOf(const Belief& belief) { return std::tie(belief.lock, belief.client, belief.session); }

void CheckNeighbours(const Belief& earlier, const Belief& later, Violations& violations) {
  const bool is_same_grant = GrantOf(earlier) == GrantOf(later) && earlier.token == later.token;
  if (later.begin < earlier.end) {
    violations.push_back("two hold one lock: " + paxos::ToText(earlier) + " and " +
                         paxos::ToText(later));
  }
  if (later.token < earlier.token || (later.token == earlier.token && !is_same_grant)) {
    violations.push_back("a token does not grow: " + paxos::ToText(earlier) + ", then " +
                         paxos::ToText(later));
  }
}

void CheckTokensAreUnique(const std::vector<Belief>& beliefs, Violations& violations) {
  std::map<lockservice::Token, const Belief*> grants;
  for (const Belief& belief : beliefs) {
    const auto [known, is_new] = grants.emplace(belief.token, &belief);
    if (is_new || GrantOf(*known->second) == GrantOf(belief)) continue;
    violations.push_back("one token for two grants: " + paxos::ToText(*known->second) + " and " +
                         paxos::ToText(belief));
  }
}

}  // namespace

Violations CheckBeliefs(std::vector<Belief> beliefs) {
  Violations violations;
  std::sort(beliefs.begin(), beliefs.end(),
            [](const Belief& a, const Belief& b) { return InTime(a) < InTime(b); });
  const Belief* last = nullptr;  // of those before in this lock, the one that ended last
  for (const Belief& belief : beliefs) {
    if (belief.end < belief.begin)
      violations.push_back("ends before it begins: " + paxos::ToText(belief));
    const bool is_first = last == nullptr || last->lock != belief.lock;
    if (!is_first) CheckNeighbours(*last, belief, violations);
    if (is_first || belief.end >= last->end) last = &belief;
  }
  CheckTokensAreUnique(beliefs, violations);
  return violations;
}

}  // namespace bench
