#include "sim/paxsim_explain.h"

#include "sim/paxsim_picture.h"

namespace paxos::sim {

std::string ExplainPage(const Recipe& recipe) {
  Picture picture;
  const SeedResult result = RunRecipe(recipe, {{&picture}, {&picture}});
  std::string page(ExplainTemplate());
  const std::string place = "@DATA@";
  page.replace(page.find(place), place.size(), picture.ToJson(SummaryText(result), result));
  return page;
}

}  // namespace paxos::sim
