// What the build exports of the normalisations.
export { rowNorm, rowNormGrad } from './norm-rows';
export { groupNorm, groupNormGrad } from './norm-groups';
