/// The script of a report's viewers, run once for the whole page. It reads no pixel back and loads nothing.
let viewerScript = #"""
    'use strict';
    const planes = [{ axis: 2, across: 0, down: 1 }, { axis: 1, across: 0, down: 2 }, { axis: 0, across: 1, down: 2 }];

    function tag(name, parent, properties) {
      const node = Object.assign(document.createElement(name), properties);
      parent.append(node);
      return node;
    }

    class Viewer {
      constructor(section) {
        this.plan = JSON.parse(section.querySelector('script').textContent);
        this.at = this.plan.start.slice();
        this.image = 0;
        this.opacity = 0.35;
        this.shown = true;
        this.cross = true;
        this.hidden = new Set();
        this.sources = new Map();
        this.scratch = [0, 1, 2].map(() => document.createElement('canvas'));
        this.figures = [...section.querySelectorAll('figure')];
        this.figures.forEach((figure, n) => this.connect(figure, planes[n]));
        this.controls(section.querySelector('.controls'));
        new ResizeObserver(() => this.draw()).observe(section.querySelector('.planes'));
        for (const moment of ['load', 'beforeprint', 'afterprint']) addEventListener(moment, () => this.draw());
        this.draw();
      }

      // The picture of a layer as a canvas, decoded once; null until the page has read it.
      source(layer) {
        const known = this.sources.get(layer.picture), picture = document.getElementById(layer.picture);
        if (known || !picture.complete || !picture.naturalWidth) return known;
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
        canvas.getContext('2d').drawImage(picture, 0, 0);
        this.sources.set(layer.picture, canvas);
        return canvas;
      }

      // Counted from right, front and top, as the pictures are.
      flipped(axis) { return this.plan.size[axis] - 1 - this.at[axis]; }

      // Cuts one slice out of a layer, one pixel a voxel; false where the layer does not reach it.
      cut(context, layer, plane) {
        const source = this.source(layer);
        const n = this.flipped(plane.axis) - layer.origin[plane.axis];
        if (!source || n < 0 || n >= layer.size[plane.axis]) return false;
        const [ox, oy, oz] = layer.origin, [nx, ny, nz] = layer.size;
        const left = z => (z % layer.columns) * nx, top = z => Math.floor(z / layer.columns) * ny;
        if (plane.axis === 2) {
          context.drawImage(source, left(n), top(n), nx, ny, ox, oy, nx, ny);
        } else if (plane.axis === 1) {
          for (let z = 0; z < nz; z++) context.drawImage(source, left(z), top(z) + n, nx, 1, ox, oz + z, nx, 1);
        } else {
          context.save();
          context.transform(0, 1, 1, 0, 0, 0);
          for (let z = 0; z < nz; z++) context.drawImage(source, left(z) + n, top(z), 1, ny, oz + z, oy, 1, ny);
          context.restore();
        }
        return true;
      }

      clean(n, width, height) {
        const canvas = this.scratch[n];
        if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
        const context = canvas.getContext('2d');
        context.globalCompositeOperation = 'source-over';
        context.clearRect(0, 0, width, height);
        context.imageSmoothingEnabled = false;
        return context;
      }

      draw() {
        this.figures.forEach((figure, n) => this.drawPlane(figure, planes[n]));
      }

      drawPlane(figure, plane) {
        const canvas = figure.querySelector('canvas'), context = canvas.getContext('2d');
        const box = canvas.getBoundingClientRect(), scale = Math.max(1, devicePixelRatio || 1);
        const width = Math.max(1, Math.round(box.width * scale)), height = Math.max(1, Math.round(box.height * scale));
        if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
        const columns = this.plan.size[plane.across], rows = this.plan.size[plane.down];
        context.globalAlpha = 1;
        context.fillStyle = '#000';
        context.fillRect(0, 0, width, height);
        this.cut(this.clean(0, columns, rows), this.plan.images[this.image].layer, plane);
        context.imageSmoothingEnabled = true;
        context.imageSmoothingQuality = 'high';
        context.drawImage(this.scratch[0], 0, 0, width, height);
        if (this.shown) this.plan.overlays.forEach((overlay, o) => {
          const labels = overlay.labels.filter((_, l) => !this.hidden.has(o + ':' + l));
          if (overlay.style === 'outline') this.outline(context, labels, plane, width, height, scale);
          else this.fill(context, labels, plane, width, height);
        });
        if (this.cross) this.crosshair(context, plane, width, height, scale);
        this.report(figure, plane);
      }

      fill(context, labels, plane, width, height) {
        const cells = this.clean(0, this.plan.size[plane.across], this.plan.size[plane.down]);
        if (!labels.map(label => this.cut(cells, label.layer, plane)).some(Boolean)) return;
        context.globalAlpha = this.opacity;
        context.imageSmoothingEnabled = false;
        context.drawImage(this.scratch[0], 0, 0, width, height);
        context.globalAlpha = 1;
      }

      // A label less itself worn away by a line's width on every side.
      outline(context, labels, plane, width, height, scale) {
        const line = 1.6 * scale;
        for (const label of labels) {
          const cells = this.clean(0, this.plan.size[plane.across], this.plan.size[plane.down]);
          if (!this.cut(cells, label.layer, plane)) continue;
          const shape = this.clean(1, width, height), core = this.clean(2, width, height);
          shape.drawImage(this.scratch[0], 0, 0, width, height);
          core.drawImage(this.scratch[1], 0, 0);
          core.globalCompositeOperation = 'destination-in';
          for (const [x, y] of [[line, 0], [-line, 0], [0, line], [0, -line]]) core.drawImage(this.scratch[1], x, y);
          shape.globalCompositeOperation = 'destination-out';
          shape.drawImage(this.scratch[2], 0, 0);
          context.drawImage(this.scratch[1], 0, 0);
        }
      }

      crosshair(context, plane, width, height, scale) {
        const x = (this.flipped(plane.across) + 0.5) / this.plan.size[plane.across] * width;
        const y = (this.flipped(plane.down) + 0.5) / this.plan.size[plane.down] * height;
        const gap = 9 * scale;
        context.strokeStyle = 'rgba(255, 255, 255, 0.38)';
        context.lineWidth = scale;
        context.beginPath();
        const line = (a, b, c, d) => { context.moveTo(a, b); context.lineTo(c, d); };
        line(0, y, x - gap, y);
        line(x + gap, y, width, y);
        line(x, 0, x, y - gap);
        line(x, y + gap, x, height);
        context.stroke();
      }

      report(figure, plane) {
        const axis = plane.axis, plan = this.plan;
        figure.querySelector('input').value = this.at[axis];
        const voxel = plan.first[axis] + plan.step[axis] * this.at[axis] + 1;
        figure.querySelector('output').textContent = voxel + ' / ' + plan.whole[axis];
      }

      move(axis, to) {
        this.at[axis] = Math.min(Math.max(Math.round(to), 0), this.plan.size[axis] - 1);
      }

      connect(figure, plane) {
        const slider = figure.querySelector('input'), screen = figure.querySelector('.screen');
        Object.assign(slider, { min: 0, max: this.plan.size[plane.axis] - 1, step: 1 });
        slider.addEventListener('input', () => { this.move(plane.axis, +slider.value); this.draw(); });
        const point = event => {
          const box = screen.getBoundingClientRect();
          const part = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
          [plane.across, plane.down].forEach((axis, n) => {
            this.move(axis, this.plan.size[axis] - 1 - Math.floor(part[n] * this.plan.size[axis]));
          });
          this.draw();
        };
        screen.addEventListener('pointerdown', event => { screen.setPointerCapture(event.pointerId); point(event); });
        screen.addEventListener('pointermove', event => { if (event.buttons & 1) point(event); });
        const step = by => { this.move(plane.axis, this.at[plane.axis] + by); this.draw(); };
        screen.addEventListener('wheel', event => {
          if (document.activeElement !== screen) return;  // the page scrolls until a plane is chosen
          event.preventDefault();
          step(event.deltaY > 0 ? -1 : 1);
        }, { passive: false });
        const keys = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
        screen.addEventListener('keydown', event => {
          if (event.key in keys) step(keys[event.key]);
          else if (event.key === 'o' || event.key === 'O') this.toggle?.click();
          else return;
          event.preventDefault();
        });
      }

      controls(bar) {
        if (this.plan.images.length > 1) {
          const group = tag('div', bar, { className: 'switch' });
          group.setAttribute('role', 'group');
          group.setAttribute('aria-label', 'Contrast');
          const buttons = this.plan.images.map((image, n) => tag('button', group, {
            type: 'button', textContent: image.name, onclick: () => { this.image = n; mark(); this.draw(); } }));
          const mark = () => buttons.forEach((button, n) => button.setAttribute('aria-pressed', n === this.image));
          mark();
        }
        this.check(bar, 'Crosshair', true, on => { this.cross = on; });
        if (this.plan.overlays.some(overlay => overlay.labels.length)) this.overlayControls(bar);
      }

      overlayControls(bar) {
        this.toggle = this.check(bar, 'Labels', true, on => { this.shown = on; });
        if (this.plan.overlays.some(overlay => overlay.style === 'filled')) {
          const label = tag('label', bar, { textContent: 'Opacity' });
          const slider = tag('input', label, { type: 'range', min: 0, max: 100, value: 100 * this.opacity });
          slider.addEventListener('input', () => { this.opacity = slider.value / 100; this.draw(); });
        }
        this.plan.overlays.forEach((overlay, o) => {
          const group = tag('div', bar, { className: 'legend ' + overlay.style });
          tag('span', group, { textContent: overlay.name });
          overlay.labels.forEach((label, l) => {
            const button = tag('button', group, { type: 'button', title: 'Show or hide', onclick: () => {
              const key = o + ':' + l;
              if (!this.hidden.delete(key)) this.hidden.add(key);
              button.setAttribute('aria-pressed', !this.hidden.has(key));
              this.draw();
            } });
            button.setAttribute('aria-pressed', true);
            tag('i', button, {}).style.setProperty('--colour', label.colour);
            button.append(label.name);
          });
        });
      }

      check(bar, text, on, change) {
        const label = tag('label', bar, {});
        const box = tag('input', label, { type: 'checkbox', checked: on });
        label.append(text);
        box.addEventListener('change', () => { change(box.checked); this.draw(); });
        return box;
      }
    }

    document.querySelectorAll('.viewer').forEach(section => new Viewer(section));
    """#
