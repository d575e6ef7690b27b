/** A number that Python holds as a float, where JavaScript has no way to say so. */

/**
 * Written as Python writes a float: `new PythonFloat(1)` is `1.0`. A number with a fraction needs none of this.
 *
 * @example
 * serializer.dumps({ price: new PythonFloat(10) }); // {"price":10.0}
 */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** So that it counts as a number in arithmetic and comparison. */
  valueOf(): number {
    return this.value;
  }
}
