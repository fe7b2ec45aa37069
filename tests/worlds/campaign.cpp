// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/campaign.h"

namespace holdfast::worlds {

std::string live(Life& life, Pace pace) {
  return pace == Pace::days ? life.run() : Months(life).run();
}

Campaign run_campaign(Pace pace, std::uint64_t first_seed,
                      const std::function<bool(const Campaign&)>& goes_on) {
  Campaign campaign;
  for (std::uint64_t seed = first_seed; goes_on(campaign); ++seed) {
    Life life(seed);
    campaign.broken = live(life, pace);
    ++campaign.worlds;
    campaign.days += life.days();
    campaign.operations += life.site().world.operations();
    campaign.marks.insert(life.marks().begin(), life.marks().end());
    if (campaign.broken.empty()) continue;
    campaign.failed_seed = seed;
    campaign.story = life.story();
    break;
  }
  return campaign;
}

}  // namespace holdfast::worlds
